package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/switchboard"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// place is one system that ports of a department go to, as the doctor found it.
type place struct {
	port.Knock
	department string
	name       string
	ends       time.Time // of the certificate; zero: none, or none was seen
	running    []*switchboard.Running
	heard      time.Time // last receipt; zero: none, or not known
	recorded   bool      // the record could be asked
}

// lookAtPorts knocks at every place of the departments that have an address, all at
// once and each for no longer than its port allows, and writes a table. It fails if
// somebody does not answer who is not under maintenance. Nothing is written of what
// was said: no address, no token, no word of the other side's.
func lookAtPorts(ctx context.Context, c Config, w io.Writer) (string, error) {
	keys, err := loadKeys(ctx, c)
	if errors.Is(err, fs.ErrNotExist) && c.Demo {
		keys, err = vault.Generate(), nil // made by the first start
	}
	if err != nil {
		return "", errors.New("cannot be looked at without keys")
	}
	cat, err := catalogOf(c)
	if err != nil {
		return "", errors.New("cannot be looked at without a catalogue")
	}
	endpoints, err := readEndpoints(c.Endpoints, cat, keys, c.Now)
	if err != nil {
		return "", err
	}
	registry, err := port.NewRegistry(cat, endpoints, kinds.All(), c.Now)
	if err != nil {
		return "", err
	}
	all := knockAll(ctx, cat, registry)
	if err := askRecord(ctx, c, cat, registry, all); err != nil {
		_, _ = fmt.Fprintf(w, "  无法从数据库读取排队情况 queues cannot be read from the database: %v\n", err)
	}
	tabulate(w, all, unconnected(cat, registry), c.Now())
	return judge(all)
}

// judge counts who is away.
func judge(all []*place) (string, error) {
	var down []string
	for _, p := range all {
		if p.Err != nil && !p.maintained() {
			down = append(down, p.name)
		}
	}
	if len(down) > 0 {
		return "", fmt.Errorf("无应答 no answer: %s", strings.Join(down, ", "))
	}
	return fmt.Sprintf("%d 处 places", len(all)), nil
}

// unconnected lists the departments of which a port has no address.
func unconnected(cat *catalog.Catalog, registry *port.Registry) (codes []string) {
	for _, p := range cat.Ports {
		if !registry.Connected(p.ID) && !slices.Contains(codes, p.Department) {
			codes = append(codes, p.Department)
		}
	}
	return codes
}

// knockAll asks every place of every department at the same time.
func knockAll(ctx context.Context, cat *catalog.Catalog, registry *port.Registry) []*place {
	codes := registry.Departments()
	found := make([][]port.Knock, len(codes))
	var wg sync.WaitGroup
	for i, code := range codes {
		wg.Go(func() { found[i] = registry.Knock(ctx, code) })
	}
	wg.Wait()
	var all []*place
	for i, code := range codes {
		for _, k := range found[i] {
			p := &place{Knock: k, department: code, name: code}
			if len(found[i]) > 1 {
				p.name = fmt.Sprintf("%s +%d", k.Port, len(k.Ports)-1)
			}
			p.ends, _ = registry.Certificate(k.Port)
			all = append(all, p)
		}
	}
	return all
}

// askRecord adds what the database knows of ports: orders, queues, receipts. A
// database that is not there yet knows nothing, which is no error.
func askRecord(ctx context.Context, c Config, cat *catalog.Catalog, registry *port.Registry, all []*place) (err error) {
	if !there(c.Database) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	db, err := store.Open(ctx, c.Database, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if pending, err := db.Pending(ctx); err != nil || pending {
		return err // the database's own line says so
	}
	b := &switchboard.Board{
		Store: db, Catalog: func() *catalog.Catalog { return cat }, Ports: registry, Live: func(string) bool { return true }, Now: c.Now, Log: zerolog.Nop(),
	}
	if err := b.Refresh(ctx); err != nil {
		return err
	}
	watching := access.With(ctx, &access.Viewer{ID: "doctor", Kind: access.Operator})
	for _, p := range all {
		ports := make([]*catalog.Port, len(p.Ports))
		for i, id := range p.Ports {
			ports[i] = cat.Port(id)
		}
		if p.running, err = b.Running(watching, ports); err != nil {
			return err
		}
		if p.heard, err = b.LastReceipt(watching, ports); err != nil {
			return err
		}
		p.recorded = true
	}
	return nil
}

// state says whether a place answers, and what holds its ports.
func (p *place) state() string {
	words := []string{"UP"}
	if p.Err != nil {
		words[0] = "DOWN"
	}
	held := map[string]int{}
	for _, r := range p.running {
		if r.State != "OPEN" && r.State != switchboard.Unconnected {
			held[r.State]++
		}
	}
	for _, state := range sortedKeys(held) {
		words = append(words, fmt.Sprintf("%s(%d)", state, held[state]))
	}
	return strings.Join(words, " ")
}

// maintained says whether the department said beforehand that it would be away.
func (p *place) maintained() bool {
	i := slices.Index(p.Ports, p.Port)
	return i >= 0 && i < len(p.running) && p.running[i].State == "CLOSED"
}

func (p *place) waiting() string {
	if !p.recorded {
		return "—"
	}
	n := 0
	for _, r := range p.running {
		n += r.Waiting
	}
	return fmt.Sprint(n)
}

// trouble is the reason of what went wrong, with what is safe to say of its cause.
func trouble(err error) string {
	if err == nil {
		return ""
	}
	reason := fault.Of(err).Reason
	if _, theirs := errors.AsType[*tls.CertificateVerificationError](err); theirs || errors.Is(err, trust.ErrCertificate) {
		return reason + " (证书 certificate)"
	}
	status, ok := errors.AsType[port.HTTPStatus](err)
	switch {
	case ok && (status == 401 || status == 403):
		return fmt.Sprintf("%s (凭证 credential, %s)", reason, status.Error())
	case ok:
		return fmt.Sprintf("%s (%s)", reason, status.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return reason + " (超时 time-out)"
	}
	return reason
}

// tabulate writes one line for each place, and for each department that has ports
// without an address. Days are those of China.
func tabulate(w io.Writer, all []*place, without []string, now time.Time) {
	_, _ = fmt.Fprintln(w, "  去处、方式、状态、毫秒、错误、证书到期、最近回执、排队")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "  place\tkind\tstate\tms\terror\tcertificate ends\tlast receipt\twaiting")
	for _, p := range all {
		ends := date(p.ends, time.DateOnly)
		if !p.ends.IsZero() && p.ends.Before(now.Add(switchboard.CertificateNotice)) {
			ends += " !"
		}
		_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", p.name, p.Kind, p.state(), p.Took.Milliseconds(), orDash(trouble(p.Err)), ends, date(p.heard, time.DateTime), p.waiting())
	}
	for _, code := range without {
		_, _ = fmt.Fprintf(t, "  %s\t—\t%s\t—\t—\t—\t—\t—\n", code, switchboard.Unconnected)
	}
	_ = t.Flush()
}

func date(at time.Time, layout string) string {
	if at.IsZero() {
		return "—"
	}
	return at.In(workday.Zone()).Format(layout)
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
