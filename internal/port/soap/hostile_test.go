package soap_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/soap"
)

// hostile are answers that nobody gives who means well, or that are broken on the way.
func hostile() map[string]string {
	good := envelope("1.1", fmt.Sprintf(record, "<h:XM>%s</h:XM>"))
	with := func(value string) string { return fmt.Sprintf(good, value) }
	return map[string]string{
		"nothing":                            "",
		"cut in the middle":                  with("王")[:len(good)/2],
		"cut before the end":                 with("王")[:len(good)-2],
		"more behind it":                     with("王") + "<more/>",
		"text behind it":                     with("王") + "more",
		"a document type":                    `<!DOCTYPE x>` + with("王"),
		"an entity bomb":                     `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + with("&b;"),
		"a file for an entity":               `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>` + with("&a;"),
		"an entity of nobody":                with("&nbsp;"),
		"an instruction":                     `<?xml-stylesheet href="x"?>` + with("王"),
		"a second declaration":               with(`<?xml version="1.0" encoding="GBK"?>`),
		"a declaration of another":           `<?xml version="1.1"?>` + with("王"),
		"a prefix nobody has bound":          strings.Replace(with("王"), `xmlns:h="urn:hsa"`, "", 1),
		"a prefix unbound again":             with(`<h:a xmlns:h=""/>`),
		"ends in another order":              with("<a><b></a></b>"),
		"an attribute twice":                 with(`</h:XM><h:XM i:nil="true" i:nil="false">`),
		"the same attribute by two prefixes": with(`</h:XM><h:XM xmlns:j="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" j:nil="false">`),
		"characters there are not":           with("\x01"),
		"a reference to none":                with("&#0;"),
		"deep":                               with(strings.Repeat("<a>", 1<<18)),
		"many elements":                      with(strings.Repeat("<a/>", 1<<20)),
		"many attributes":                    with("<a " + strings.Repeat(`a="" `, 1<<20) + "/>"),
		"many prefixes":                      with("<a " + strings.Repeat(`xmlns:a="a" `, 100) + "/>"),
		"a name without end":                 with("<" + strings.Repeat("a", 1<<22)),
		"a text without end":                 with(strings.Repeat("a", 1<<22)),
		"a comment without end":              with("<!--" + strings.Repeat("a", 1<<22)),
		"not an envelope":                    "<h:Envelope xmlns:h='urn:hsa'/>",
		"an empty body":                      envelope("1.1", ""),
		"two bodies":                         strings.Replace(envelope("1.1", receipt), "</s:Envelope>", "<s:Body/></s:Envelope>", 1),
	}
}

func TestHostileAnswersAreGarbled(t *testing.T) {
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			l := talk(t, "1.1", says(200, "text/xml", body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := ask(t, l, "1.1")
			runtime.ReadMemStats(&after)
			if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
				t.Errorf("error %v", err)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 16*uint64(len(body))+(64<<20) {
				t.Errorf("%d bytes of answer took %d MiB", len(body), grown>>20)
			}
		})
	}
}

// FuzzAnswer reads anything as an answer: it ends as an answer, a no or a fault.
func FuzzAnswer(f *testing.F) {
	for _, body := range hostile() {
		if len(body) < 1<<12 {
			f.Add(200, "text/xml", []byte(body))
		}
	}
	f.Add(200, "text/xml", []byte(envelope("1.1", fmt.Sprintf(record, `<h:A i:type="x:int">7</h:A><h:A>01</h:A><h:B i:type="h:List"><item/></h:B>`))))
	f.Add(200, "text/xml; charset=gbk", []byte("<?xml version=\"1.0\" encoding=\"GBK\"?><a>\xcd\xf5</a>"))
	f.Add(500, "text/xml", []byte(envelope("1.1", `<s:Fault><faultcode>s:Client</faultcode><detail><h:Refusal><h:reason>X</h:reason><h:message/></h:Refusal></detail></s:Fault>`)))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		way := trip(func(*http.Request) *http.Response { return answer(status, contentType, body) })
		l, err := soap.Open(port.Setup{Department: "HSA", Ports: ports("1.1"), Endpoint: port.Endpoint{URL: "http://hsa.example"}, Transport: way, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := ask(t, l, "1.1"); err != nil && found != nil {
			t.Errorf("an answer and an error: %v", err)
		} else if err != nil && fault.Of(err).Kind != fault.Unavailable {
			if _, no := err.(*port.Refusal); !no { //nolint:errorlint // exactly this, not around it
				t.Errorf("error %v", err)
			}
		}
	})
}

// FuzzRequest puts anything before a service: it answers an envelope that our own
// reader takes, whatever it was asked.
func FuzzRequest(f *testing.F) {
	for _, body := range hostile() {
		if len(body) < 1<<12 {
			f.Add("text/xml", `"urn:hsa/Status"`, []byte(body))
		}
	}
	f.Add("text/xml", `"urn:hsa/Status"`, []byte(envelope("1.1", `<h:Status><h:item>item-1</h:item></h:Status>`)))
	f.Add("text/xml", `"urn:hsa/Lookup"`, []byte(envelope("1.1", `<h:Lookup><h:person><h:ref>a</h:ref><h:lookup>who</h:lookup></h:person></h:Lookup>`)))
	f.Add("text/xml", `"urn:hsa/Deliver"`, []byte(envelope("1.1", `<h:Deliver><h:item>i</h:item><h:fields><h:XM i:nil="1"/></h:fields></h:Deliver>`)))
	service := soap.Serve(ports("1.1"), &book{messages: []port.Message{{Item: "item-1", Matter: "M09"}}}, nil)
	f.Fuzz(func(t *testing.T, contentType, action string, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, soap.ServicePath, bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("SOAPAction", action)
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		way := trip(func(*http.Request) *http.Response { return w.Result() })
		l, err := soap.Open(port.Setup{Department: "HSA", Ports: ports("1.1"), Endpoint: port.Endpoint{URL: "http://hsa.example"}, Transport: way, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Status(t.Context(), portOf(ports("1.1"), "STATUS"), []string{"item-1"})
		if _, no := errors.AsType[*port.Refusal](err); w.Code != http.StatusOK && !no && fault.Of(err).Reason != "DEPARTMENT_FAILED" {
			t.Errorf("answered %d, which is read as %v", w.Code, err)
		}
	})
}
