package soap_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/soap"
)

func num(text string) json.Number { return json.Number(text) }

// book is a department's system that keeps the last item and tells what it is told to.
type book struct {
	item     port.Item
	messages []port.Message
	found    []port.Found
	err      error
	asked    []string
}

func (b *book) Take(_ context.Context, item port.Item) (port.Slip, error) {
	b.item = item
	return port.Slip{Item: item.ID, Number: "YB1", ReceivedAt: now, DueAt: now}, b.err
}

func (b *book) Tell(_ context.Context, items []string) ([]port.Message, error) {
	b.asked = items
	return b.messages, b.err
}

func (b *book) TakeBack(context.Context, string) (port.Message, error) { return b.messages[0], b.err }

func (b *book) Find(_ context.Context, persons []port.Person) ([]port.Found, error) {
	b.asked = nil
	for _, p := range persons {
		b.asked = append(b.asked, p.Ref+p.CitizenNumber+strings.Join(p.Lookups, "+"))
	}
	return b.found, b.err
}

func served(t testing.TB, version string, b *book) (port.Line, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(soap.Serve(ports(version), b, nil))
	t.Cleanup(server.Close)
	return open(t, ports(version), server.URL), server
}

// Whatever one side says, the other understands the same.
func TestRoundTrip(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("王小明<>&\"'\r\n\t ]]>\u2028𠮷")), 0, 20, -1)
	value := rapid.OneOf(
		rapid.Just[any](nil), text.AsAny(), rapid.Bool().AsAny(),
		rapid.Custom(func(t *rapid.T) any { return num(fmt.Sprint(rapid.Int64().Draw(t, "whole"))) }),
		rapid.Custom(func(t *rapid.T) any {
			out, _ := json.Marshal(rapid.Float64().Draw(t, "number"))
			return num(string(out))
		}),
		rapid.Custom(func(t *rapid.T) any {
			list := []any{}
			for _, one := range rapid.SliceOfN(text, 0, 4).Draw(t, "list") {
				list = append(list, one)
			}
			return list
		}),
	)
	values := rapid.MapOfN(rapid.SampledFrom([]string{"XM", "NS", "LB", "户口", "_a-1.b"}), value, 0, 5)
	for _, version := range []string{"1.1", "1.2"} {
		t.Run(version, func(t *testing.T) {
			b := &book{}
			l, _ := served(t, version, b)
			rapid.Check(t, func(r *rapid.T) {
				item := port.Item{
					ID: "item-1", Round: rapid.IntRange(0, 9).Draw(r, "round"), Case: "case", Matter: "M09", Applicant: text.Draw(r, "applicant"),
					Fields: values.Draw(r, "fields"), Materials: []string{"MAT01", "MAT02"}, Callback: "http://hub/callbacks?a=1&b=2",
				}
				slip, err := l.Deliver(t.Context(), portOf(ports(version), "SUBMIT"), item)
				if want := (port.Slip{Item: "item-1", Number: "YB1", ReceivedAt: now, DueAt: now}); err != nil || slip != want || !reflect.DeepEqual(b.item, item) {
					r.Fatalf("sent %+v, kept %+v, receipt %+v, error %v", item, b.item, slip, err)
				}
				b.found = []port.Found{{Ref: "a", Known: true, AsOf: now, Lookups: map[string]map[string]any{"who": values.Draw(r, "who"), "where": values.Draw(r, "where")}}, {Ref: "b"}}
				found, err := l.Lookup(t.Context(), portOf(ports(version), "LOOKUP"), []port.Person{{Ref: "a", CitizenNumber: "1", Lookups: []string{"who", "where"}}, {Ref: "b"}})
				if err != nil || !reflect.DeepEqual(found, b.found) || !slices.Equal(b.asked, []string{"a1who+where", "b"}) {
					r.Fatalf("said %+v, heard %+v, asked %v, error %v", b.found, found, b.asked, err)
				}
				b.messages = []port.Message{{
					Item: "item-1", Matter: "M09", State: port.Returned, Number: text.Draw(r, "number"), Words: text.Draw(r, "words"), Outputs: values.Filter(func(m map[string]any) bool { return len(m) > 0 }).Draw(r, "outputs"),
					Faults: []port.Defect{{Field: "XM", Words: text.Draw(r, "why")}, {Material: "MAT01", Words: "x"}}, DecidedAt: now, DueAt: now, Sequence: rapid.Int64().Draw(r, "sequence"),
				}, {Item: "item-2", Matter: "M09", State: port.Received, Sequence: 1}}
				told, err := l.Status(t.Context(), portOf(ports(version), "STATUS"), []string{"item-1", "item-2"})
				if err != nil || !reflect.DeepEqual(told, b.messages) || !slices.Equal(b.asked, []string{"item-1", "item-2"}) {
					r.Fatalf("said %+v, heard %+v, error %v", b.messages, told, err)
				}
			})
		})
	}
}

func TestANoCrossesTheLine(t *testing.T) {
	for _, version := range []string{"1.1", "1.2"} {
		m := port.Message{Item: "item-1", Matter: "M09", State: port.Approved, DecidedAt: now, Sequence: 2}
		withdraw := func(b *book) error {
			l, _ := served(t, version, b)
			_, err := l.Withdraw(t.Context(), portOf(ports(version), "WITHDRAW"), "item-1")
			return err
		}
		err := withdraw(&book{messages: []port.Message{m}, err: &port.Refusal{Reason: port.ItemDecided, Item: &m}})
		if r, ok := errors.AsType[*port.Refusal](err); !ok || r.Reason != port.ItemDecided || !reflect.DeepEqual(r.Item, &m) {
			t.Errorf("%s: error %v", version, err)
		}
		if err := withdraw(&book{messages: []port.Message{m}, err: errors.New("of its own")}); fault.Of(err).Reason != "DEPARTMENT_FAILED" {
			t.Errorf("%s: error %v", version, err)
		}
		if err := withdraw(&book{messages: []port.Message{m}, err: port.ErrLost}); fault.Of(err).Reason != "DEPARTMENT_SILENT" {
			t.Errorf("%s: error %v", version, err)
		}
		odd := m
		odd.Words = "\x01"
		if err := withdraw(&book{messages: []port.Message{odd}}); fault.Of(err).Reason != "DEPARTMENT_FAILED" {
			t.Errorf("%s: what cannot be written: error %v", version, err)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	const status = `<h:Status><h:item>item-1</h:item></h:Status>`
	type ask struct{ method, contentType, action, body string }
	good := ask{"POST", "text/xml; charset=utf-8", `"urn:hsa/Status"`, envelope("1.1", status)}
	with := func(change func(*ask)) ask {
		a := good
		change(&a)
		return a
	}
	cases := []struct {
		name string
		ask  ask
		code int
		says string
	}{
		{"nothing", good, 200, "StatusResponse"},
		{"another method", with(func(a *ask) { a.method = "PUT" }), 405, ""},
		{"another media type", with(func(a *ask) { a.contentType = "application/json" }), 500, "MEDIA_TYPE"},
		{"no action", with(func(a *ask) { a.action = "" }), 500, "ACTION"},
		{"an action that is not what is asked", with(func(a *ask) { a.action = `"urn:hsa/Lookup"` }), 500, "ACTION"},
		{"an operation there is not", with(func(a *ask) { a.body = envelope("1.1", `<h:Delete/>`) }), 500, "OPERATION"},
		{"an operation of another namespace", with(func(a *ask) { a.body = envelope("1.1", `<Status/>`) }), 500, "OPERATION"},
		{"the other version", with(func(a *ask) { a.body = envelope("1.2", status) }), 500, "e:VersionMismatch"},
		{"what it must understand", with(func(a *ask) {
			a.body = strings.Replace(a.body, "<s:Body>", `<s:Header><o:x xmlns:o="urn:o" s:mustUnderstand="1"/></s:Header><s:Body>`, 1)
		}), 500, "e:MustUnderstand"},
		{"a document type", with(func(a *ask) { a.body = "<!DOCTYPE x>" + a.body }), 500, "MALFORMED"},
		{"elements for text", with(func(a *ask) { a.body = envelope("1.1", `<h:Status><h:item><h:x/></h:item></h:Status>`) }), 500, "MALFORMED"},
		{"too many", with(func(a *ask) {
			a.body = envelope("1.1", `<h:Status>`+strings.Repeat(`<h:item>i</h:item>`, 1001)+`</h:Status>`)
		}), 500, "TOO_MANY"},
		{"too much", with(func(a *ask) { a.body = strings.Repeat(" ", 5<<20) }), 413, "TOO_LARGE"},
	}
	_, server := served(t, "1.1", &book{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			req, _ := http.NewRequestWithContext(t.Context(), c.ask.method, server.URL+soap.ServicePath, strings.NewReader(c.ask.body))
			req.Header.Set("Content-Type", c.ask.contentType)
			req.Header.Set("SOAPAction", c.ask.action)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			text, _ := io.ReadAll(res.Body)
			if res.StatusCode != c.code || !strings.Contains(string(text), c.says) {
				t.Errorf("%d %s, want %d with %s", res.StatusCode, text, c.code, c.says)
			}
		})
	}
}

func TestTheDescriptionIsWhatIsOffered(t *testing.T) {
	for _, version := range []string{"1.1", "1.2"} {
		l, server := served(t, version, &book{})
		check := l.(interface{ Check(context.Context) error })
		if err := check.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", version, err)
		}
		res, err := http.Get(server.URL + soap.ServicePath + "?wsdl")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		direct, err := soap.Describe(ports(version), soap.ServicePath, server.URL+soap.ServicePath)
		if err != nil || string(text) != string(direct) {
			t.Errorf("%s: served %s\nwant %s, %v", version, text, direct, err)
		}
		for _, name := range []string{"XM", "户口", "LY", "HKZZ", "NS", "LB"} {
			if !strings.Contains(string(text), `<xs:element name="`+name+`"`) {
				t.Errorf("%s: %s is not described", version, name)
			}
		}
	}
	if _, err := soap.Describe(ports("1.1"), "/elsewhere", ""); err == nil {
		t.Error("a service that is not there is described")
	}
}

func TestCheckReportsAllDifferences(t *testing.T) {
	described := func(change func([]*catalog.Port) []*catalog.Port) error {
		text, err := soap.Describe(change(ports("1.1")), soap.ServicePath, "http://hsa.example")
		if err != nil {
			t.Fatal(err)
		}
		return talk(t, "1.1", says(200, "text/xml", string(text))).(interface{ Check(context.Context) error }).Check(t.Context())
	}
	for name, c := range map[string]struct {
		change func([]*catalog.Port) []*catalog.Port
		want   string
	}{
		"two missing": {func(all []*catalog.Port) []*catalog.Port {
			return slices.DeleteFunc(all, func(p *catalog.Port) bool { return p.Operation == "STATUS" || p.Operation == "LOOKUP" })
		}, "status: the service does not offer Status in SOAP 1.1\nwho: the service does not offer Lookup in SOAP 1.1"},
		"another action": {func(all []*catalog.Port) []*catalog.Port {
			all[1].Soap = &catalog.Soap{Version: "1.1", Namespace: space, Action: "urn:other"}
			return all
		}, "status: the service has Status under another action than urn:hsa/Status"},
		"another version": {func([]*catalog.Port) []*catalog.Port { return ports("1.2") }, "submit: the service does not offer Deliver in SOAP 1.1"},
		"another namespace": {func(all []*catalog.Port) []*catalog.Port {
			for _, p := range all {
				p.Soap = &catalog.Soap{Version: "1.1", Namespace: "urn:other"}
			}
			return all
		}, "submit: the service's namespace is another than urn:hsa"},
	} {
		if err := described(c.change); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	err := talk(t, "1.1", says(200, "text/xml", "<html/>")).(interface{ Check(context.Context) error }).Check(t.Context())
	if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
		t.Errorf("a page: %v", err)
	}
}

// Operations are called by the names that misbehaviour and counts go by.
func TestAround(t *testing.T) {
	counts := map[string]int{}
	server := httptest.NewServer(soap.Serve(ports("1.1"), &book{messages: []port.Message{{}}}, func(operation string, next http.Handler) http.Handler {
		counts[operation]++
		return next
	}))
	defer server.Close()
	l, all := open(t, ports("1.1"), server.URL), ports("1.1")
	_, _ = l.Deliver(t.Context(), portOf(all, "SUBMIT"), port.Item{ID: "item-1"})
	_, _ = l.Status(t.Context(), portOf(all, "STATUS"), nil)
	_, _ = l.Withdraw(t.Context(), portOf(all, "WITHDRAW"), "item-1")
	_, _ = l.Lookup(t.Context(), portOf(all, "LOOKUP"), nil)
	if want := map[string]int{"DELIVER": 1, "STATUS": 1, "WITHDRAW": 1, "LOOKUP": 1}; !maps.Equal(counts, want) {
		t.Errorf("%v, want %v", counts, want)
	}
}
