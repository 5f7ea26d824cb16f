package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/identity"
	"github.com/vetgraph/vetgraph/resolvers"
)

const (
	copyPath   = "/me/copy.json"
	copiesMost = 2               // at once, each a few cases in memory
	copyTakes  = 2 * time.Minute // after which one that is not read to its end is cut off
)

// personCopy answers GET /me/copy.json: everything that is held of the person who
// asks, in one file that they may take elsewhere (个人信息保护法 45). What it has is
// asked of the graph as that person, so it is what they see there, under the same
// guard and with the same receipts; numbers stand in full. It goes out as it is read:
// one that could not be finished ends with the connection, so that nobody takes half
// of it for the whole.
func (h *Hub) personCopy() http.Handler {
	room := make(chan struct{}, copiesMost)
	asked := h.copyExecutor()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		err := h.mayCopy(r.Context())
		if err == nil {
			select {
			case room <- struct{}{}:
				defer func() { <-room }()
			default:
				err = fault.New(fault.Unavailable, "COPY_BUSY", "正在下载的人较多，请稍后再试。", "Others are taking theirs; please try again in a minute.").From("", h.Config.Now().Add(time.Minute))
			}
		}
		c := &copying{hub: h, ask: asked, out: w}
		if err == nil {
			err = c.begin(r.Context()) // before anything is sent: what goes wrong is told as such
		}
		if err != nil {
			h.refuseCopy(w, err)
			return
		}
		if w, _ := r.Context().Value(witnessKey{}).(*witness); w != nil {
			h.noteEvent(w.log, dataCopied, "copy", access.From(r.Context()))
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(copyTakes))
		w.Header().Set("Content-Type", mediaJSON+"; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="my-data.json"`)
		if err := c.rest(r.Context()); err != nil {
			log := h.log("copy")
			log.Warn().Err(err).Msg("a person's copy was cut off")
			panic(http.ErrAbortHandler)
		}
	})
}

// mayCopy is the right to it: the person's own, in a session that has shown who sits
// there, and by no program that is kept to documents registered beforehand.
func (h *Hub) mayCopy(ctx context.Context) error {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return err
	}
	v := access.From(ctx)
	if v.Kind != access.Veteran || v.Self == "" || v.Confined {
		return access.NotAllowed()
	}
	return h.Identity.Assured(ctx, v, identity.Copy)
}

func (h *Hub) refuseCopy(w http.ResponseWriter, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal && !errors.Is(err, context.Canceled) {
		log := h.log("copy")
		log.Error().Err(err).Msg("a person's copy")
	}
	refuse(w, exportStatus[f.Kind], f)
}

// copyExecutor answers our own documents: there is nothing to limit in them.
func (h *Hub) copyExecutor() *executor.Executor {
	x := executor.New(h.executable(true))
	x.SetErrorPresenter(resolvers.Present)
	x.SetRecoverFunc(resolvers.Recover)
	if h.receipting() {
		x.Use(receipts{h.Receipts})
	}
	x.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(resolvers.WithLoaders(resolvers.InFull(ctx), h.Resolver))
	})
	return x
}

// receipting says whether reads are kept: always, but where somebody measures what that costs.
func (h *Hub) receipting() bool { return !h.Config.Demo || !h.Config.Unreceipted }

// copying is one copy under way.
type copying struct {
	hub  *Hub
	ask  *executor.Executor
	out  http.ResponseWriter
	head bytes.Buffer
}

// answer runs a document and decodes its data.
func (c *copying) answer(ctx context.Context, document string, variables map[string]any, to any) error {
	ctx = graphql.StartOperationTrace(ctx)
	op, wrong := c.ask.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: variables})
	if wrong != nil {
		return fmt.Errorf("a document of the copy: %w", wrong)
	}
	next, ctx := c.ask.DispatchOperation(ctx, op)
	r := next(ctx)
	if r == nil {
		return ctx.Err()
	}
	if len(r.Errors) > 0 {
		if f := new(fault.Fault); errors.As(r.Errors, &f) {
			return f
		}
		return r.Errors
	}
	return json.Unmarshal(r.Data, to)
}

// begin reads the person, which every copy has.
func (c *copying) begin(ctx context.Context) error {
	var got struct{ Me json.RawMessage }
	if err := c.answer(ctx, copyDocuments().personText, nil, &got); err != nil {
		return err
	}
	c.head.WriteString("{\n\"说明\":")
	about, err := json.Marshal(map[string]string{
		"名称": "个人信息副本", "依据": "个人信息保护法第四十五条", "生成时间": c.hub.Config.Now().UTC().Format(time.RFC3339),
		"更正": "认为有误的，可在线提出异议（disputeValue，个人信息保护法第四十六条）",
	})
	if err != nil {
		return err
	}
	c.head.Write(about)
	c.head.WriteString(",\n\"本人\":")
	return copyDocuments().person.words(got.Me, &c.head)
}

// rest writes what was begun, and then page by page all else.
func (c *copying) rest(ctx context.Context) error {
	d := copyDocuments()
	if _, err := c.out.Write(c.head.Bytes()); err != nil {
		return err
	}
	err := c.pages(ctx, d.cases, d.caseText, func(raw json.RawMessage) (p copyPage, err error) {
		var got struct{ Cases copyPage }
		err = json.Unmarshal(raw, &got)
		return got.Cases, err
	})
	if err != nil {
		return err
	}
	if err := c.opened(ctx); err != nil {
		return err
	}
	err = c.pages(ctx, d.reads, d.readsOf, func(raw json.RawMessage) (p copyPage, err error) {
		var got struct {
			Me struct {
				Veteran struct{ ReadReceipts copyPage }
			}
		}
		err = json.Unmarshal(raw, &got)
		return got.Me.Veteran.ReadReceipts, err
	})
	if err != nil {
		return err
	}
	labels, err := json.Marshal(d.labels)
	if err != nil {
		return err
	}
	return c.write(append(append([]byte(",\n\"字段\":"), labels...), "\n}\n"...))
}

// copyPage is a page of a list.
type copyPage struct {
	Nodes    []json.RawMessage
	PageInfo struct {
		HasNextPage bool
		EndCursor   *string
	}
}

// pages writes a list to its end.
func (c *copying) pages(ctx context.Context, n *copyNode, document string, of func(json.RawMessage) (copyPage, error)) error {
	var b bytes.Buffer
	b.WriteString(",\n")
	writeWord(&b, n.label)
	b.WriteString(":[")
	for after, first := any(nil), true; ; {
		var raw json.RawMessage
		if err := c.answer(ctx, document, map[string]any{"after": after}, &raw); err != nil {
			return err
		}
		page, err := of(raw)
		if err != nil {
			return err
		}
		for _, one := range page.Nodes {
			if !first {
				b.WriteString(",\n")
			}
			first = false
			if err := n.words(one, &b); err != nil {
				return err
			}
		}
		if err := c.write(b.Bytes()); err != nil {
			return err
		}
		b.Reset()
		if !page.PageInfo.HasNextPage || page.PageInfo.EndCursor == nil {
			return c.write([]byte("]"))
		}
		after = *page.PageInfo.EndCursor
	}
}

// write sends a piece on its way.
func (c *copying) write(b []byte) error {
	if _, err := c.out.Write(b); err != nil {
		return err
	}
	_ = http.NewResponseController(c.out).Flush() // a writer that keeps it sends it at the end
	return nil
}
