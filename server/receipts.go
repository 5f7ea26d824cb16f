package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/receipt"
)

// openReceipts opens the log of who was sent sensitive data of whom. A keys file of
// before has no key to sign it with: then it is kept, and not signed.
func (h *Hub) openReceipts(ctx context.Context) (err error) {
	seed, _ := h.keys.Signer("ED25519")
	h.Receipts, err = receipt.Open(ctx, receipt.Options{
		Store: h.Store, Vault: h.Vault, Seed: seed, Origin: receiptsOrigin(h.Config), Witnesses: h.Config.Witnesses, Now: h.Config.Now, Log: h.log("receipts"),
	})
	if err != nil {
		return err
	}
	h.onClose(h.Receipts.Close)
	return nil
}

// receiptsOrigin names a log that begins; one that is there keeps its name.
func receiptsOrigin(c Config) string {
	if c.Demo {
		return "vetgraph.demo/receipts"
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		return u.Host + "/receipts"
	}
	return "vetgraph/receipts"
}

// receiptRoutes are the addresses of the log. All but proofs are public: they hold
// hashes, sizes and signatures.
func (h *Hub) receiptRoutes(route func(pattern, name string, handler http.Handler)) {
	route("GET /receipts/checkpoint", "receipts", http.HandlerFunc(h.checkpoint))
	route("GET /receipts/key", "receipts", http.HandlerFunc(h.receiptsKey))
	route("GET /receipts/consistency", "receipts", http.HandlerFunc(h.consistency))
	route("POST /receipts/cosignatures", "receipts", http.HandlerFunc(h.cosigned))
	route("GET /receipts/proof/{id}", "receipts", h.cors(h.identify(http.HandlerFunc(h.proof))))
}

func (h *Hub) checkpoint(w http.ResponseWriter, r *http.Request) {
	c, err := h.Receipts.Checkpoint(r.Context())
	if err != nil {
		h.refuseReceipt(w, err)
		return
	}
	forAnybody(w, "text/plain; charset=utf-8")
	_, _ = w.Write(c.Note) // nobody is left to tell
}

func (h *Hub) receiptsKey(w http.ResponseWriter, _ *http.Request) {
	key := h.Receipts.VerifierKey()
	if key == "" {
		h.refuseReceipt(w, receipt.Unsigned())
		return
	}
	forAnybody(w, "text/plain; charset=utf-8")
	writeText(w, key+"\n")
}

// forAnybody is for what anybody may have, also from a page of theirs.
func forAnybody(w http.ResponseWriter, media string) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// consistency answers GET /receipts/consistency?from=N&to=M: that the log of M leaves
// is that of N, grown. Without to it is the last checkpoint's size.
func (h *Hub) consistency(w http.ResponseWriter, r *http.Request) {
	malformed := fault.New(fault.Invalid, "RECEIPT_RANGE", "查阅记录没有这样的范围。", "The log of reads has no such range.").At("from")
	from, err := strconv.ParseInt(r.URL.Query().Get("from"), 10, 64)
	if err != nil {
		h.refuseReceipt(w, malformed)
		return
	}
	var to int64
	if text := r.URL.Query().Get("to"); text != "" {
		if to, err = strconv.ParseInt(text, 10, 64); err != nil {
			h.refuseReceipt(w, malformed)
			return
		}
	} else {
		c, err := h.Receipts.Checkpoint(r.Context())
		if err != nil {
			h.refuseReceipt(w, err)
			return
		}
		to = c.Size
	}
	c, err := h.Receipts.Continues(r.Context(), from, to)
	if err != nil {
		h.refuseReceipt(w, err)
		return
	}
	forAnybody(w, mediaJSON)
	_ = json.NewEncoder(w).Encode(c) // nobody is left to tell
}

// mostCosigned bounds what a witness sends, in bytes.
const mostCosigned = 16 << 10

// cosigned takes a witness's signature under a checkpoint of ours.
func (h *Hub) cosigned(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostCosigned))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, tooLarge())
		return
	}
	if err := h.Receipts.Cosigned(r.Context(), body); err != nil {
		h.refuseReceipt(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// proof answers GET /receipts/proof/{id}: one read of the viewer's own data, with all
// that is needed to check it without us.
func (h *Hub) proof(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	self := ""
	if v := access.From(r.Context()); v != nil {
		self = v.Self
	}
	p, err := h.Receipts.ProveText(r.Context(), self, r.PathValue("id"))
	if err != nil {
		h.refuseReceipt(w, err)
		return
	}
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Content-Disposition", `attachment; filename="receipt-`+strconv.FormatInt(p.Index, 10)+`.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(p) // nobody is left to tell
}

func (h *Hub) refuseReceipt(w http.ResponseWriter, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal && !errors.Is(err, context.Canceled) {
		log := h.log("receipts")
		log.Error().Err(err).Msg("answer about the log of reads")
	}
	refuse(w, statusOf(f.Kind), f)
}
