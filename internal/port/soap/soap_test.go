package soap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/soap"
)

var now = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

const space = "urn:hsa"

// ports are one service of a version.
func ports(version string) []*catalog.Port {
	p := func(id, operation string) *catalog.Port {
		return &catalog.Port{ID: id, Department: "HSA", Operation: operation, Matter: "M09", Kind: soap.Kind, Soap: &catalog.Soap{Version: version, Namespace: space}}
	}
	all := []*catalog.Port{p("submit", "SUBMIT"), p("status", "STATUS"), p("result", "RESULT"), p("withdraw", "WITHDRAW"), p("who", "LOOKUP"), p("receipt", "RECEIPT")}
	all[0].Send, all[0].Constants = map[string]string{"XM": "name", "户口": "hukouAddress"}, map[string]string{"LY": "退役"}
	all[2].Answers = map[string]string{"hukouAddress": "HKZZ"}
	all[4].Answers = map[string]string{"name": "XM", "years": "NS", "kinds": "LB"}
	return all
}

func portOf(all []*catalog.Port, operation string) *catalog.Port {
	for _, p := range all {
		if p.Operation == operation {
			return p
		}
	}
	return nil
}

func open(t testing.TB, all []*catalog.Port, url string) port.Line {
	t.Helper()
	l, err := soap.Open(port.Setup{Department: "HSA", Ports: all, Endpoint: port.Endpoint{URL: url, Token: "our-token"}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// talk opens a line to a department that is a function.
func talk(t testing.TB, version string, h http.HandlerFunc) port.Line {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return open(t, ports(version), server.URL)
}

func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var envelopes = map[string]string{"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}

func envelope(version, content string) string {
	return `<s:Envelope xmlns:s="` + envelopes[version] + `" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:h="urn:hsa">` +
		`<s:Body>` + content + `</s:Body></s:Envelope>`
}

const (
	receipt = `<h:DeliverResponse><h:item>item-1</h:item><h:number>YB1</h:number><h:receivedAt>2026-11-23T17:00:00+08:00</h:receivedAt><h:more>than agreed</h:more></h:DeliverResponse>`
	record  = `<h:LookupResponse><h:record><h:ref>a</h:ref><h:known>1</h:known><h:asOf>2026-11-23T09:00:00Z</h:asOf><h:answer><h:lookup>who</h:lookup><h:values>%s</h:values></h:answer></h:record></h:LookupResponse>`
)

func deliver(t *testing.T, l port.Line, version string) (port.Slip, error) {
	return l.Deliver(t.Context(), portOf(ports(version), "SUBMIT"), port.Item{ID: "item-1", Round: 1, Case: "case-1", Matter: "M09", Applicant: "23010219990305001X", Fields: map[string]any{"XM": "王<&>", "户口": nil}, Materials: []string{"MAT01"}})
}

func ask(t *testing.T, l port.Line, version string) ([]port.Found, error) {
	return l.Lookup(t.Context(), portOf(ports(version), "LOOKUP"), []port.Person{{Ref: "a", CitizenNumber: "23010219990305001X", Lookups: []string{"who"}}})
}

func TestDeliverSends(t *testing.T) {
	for version, want := range map[string]struct{ contentType, action string }{
		"1.1": {"text/xml; charset=utf-8", `"urn:hsa/Deliver"`},
		"1.2": {`application/soap+xml; action="urn:hsa/Deliver"; charset=utf-8`, ""},
	} {
		t.Run(version, func(t *testing.T) {
			var body, at, contentType, action, token string
			media := strings.Split(want.contentType, ";")[0]
			l := talk(t, version, func(w http.ResponseWriter, r *http.Request) {
				text, _ := io.ReadAll(r.Body)
				body, at, contentType, action, token = string(text), r.Method+" "+r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("SOAPAction"), r.Header.Get("Authorization")
				says(200, media, envelope(version, receipt))(w, r)
			})
			got, err := deliver(t, l, version)
			if err != nil || got.Number != "YB1" || !got.ReceivedAt.Equal(now) || !got.DueAt.IsZero() {
				t.Fatalf("receipt %+v, error %v", got, err)
			}
			if at != "POST /service" || contentType != want.contentType || action != want.action || token != "Bearer our-token" {
				t.Errorf("%s as %s, action %s, token %s", at, contentType, action, token)
			}
			_, body, _ = strings.Cut(body, "\n")
			if want := `<e:Envelope xmlns:e="` + envelopes[version] + `" xmlns:t="urn:hsa" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">` +
				`<e:Header><t:Token>our-token</t:Token></e:Header><e:Body><Deliver xmlns="urn:hsa"><item>item-1</item><round>1</round><case>case-1</case><matter>M09</matter>` +
				`<applicant>23010219990305001X</applicant><fields><XM xsi:type="xsd:string">王&lt;&amp;&gt;</XM><户口 xsi:nil="true"></户口></fields>` +
				`<material>MAT01</material></Deliver></e:Body></e:Envelope>`; body != want {
				t.Errorf("sent %s\nwant %s", body, want)
			}
		})
	}
}

func TestTheTransportShowsWhoWeAre(t *testing.T) {
	way := trip(func(r *http.Request) *http.Response {
		text, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "" || bytes.Contains(text, []byte("our-token")) {
			t.Error("the token is shown beside what the transport shows")
		}
		return answer(200, "text/xml", []byte(envelope("1.1", receipt)))
	})
	l, err := soap.Open(port.Setup{Department: "HSA", Ports: ports("1.1"), Endpoint: port.Endpoint{URL: "https://hsa.example", Token: "our-token"}, Transport: way, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deliver(t, l, "1.1"); err != nil {
		t.Error(err)
	}
}

// trip is a way to a department without a network.
type trip func(*http.Request) *http.Response

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func answer(status int, contentType string, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(bytes.NewReader(body))}
}

func TestValues(t *testing.T) {
	cases := []struct {
		name, values string
		want         map[string]any // nil: garbled
	}{
		{"text without a type", `<h:XM>王 明</h:XM>`, map[string]any{"XM": "王 明"}},
		{"in no namespace", `<XM i:type="x:token">王</XM>`, map[string]any{"XM": "王"}},
		{"in another namespace", `<o:XM xmlns:o="urn:other">王</o:XM>`, map[string]any{}},
		{"nothing", `<h:XM i:nil="true"/><h:NS i:nil="1" i:type="x:int"/>`, map[string]any{"XM": nil, "NS": nil}},
		{"numbers", `<h:A i:type="x:int"> +007 </h:A><h:B i:type="x:decimal">-.50</h:B><h:C i:type="x:double">1.5E3</h:C><h:D i:type="x:decimal">12345678901234567890.10</h:D><h:E i:type="x:long">0</h:E>`,
			map[string]any{"A": num("7"), "B": num("-0.50"), "C": num("1.5E3"), "D": num("12345678901234567890.10"), "E": num("0")}},
		{"booleans", `<h:A i:type="x:boolean">1</h:A><h:B i:type="x:boolean">false</h:B>`, map[string]any{"A": true, "B": false}},
		{"dates", `<h:A i:type="x:date">2026-09-01+08:00</h:A><h:B i:type="x:date">2026-09-01</h:B><h:C i:type="x:string">长期</h:C>`, map[string]any{"A": "2026-09-01", "B": "2026-09-01", "C": "长期"}},
		{"a list of one and of none", `<h:A i:type="h:List"><h:item>01</h:item></h:A><h:B i:type="h:List"/>`, map[string]any{"A": []any{"01"}, "B": []any{}}},
		{"a list by items alone", `<h:A><item>01</item><item>02</item></h:A>`, map[string]any{"A": []any{"01", "02"}}},
		{"a list by repetition", `<h:A>01</h:A><h:B>x</h:B><h:A>02</h:A><h:A>03</h:A>`, map[string]any{"A": []any{"01", "02", "03"}, "B": "x"}},
		{"CDATA and comments", `<h:A><![CDATA[a<b]]><!-- c -->&amp;&#x738B;</h:A>`, map[string]any{"A": "a<b&王"}},
		{"a prefix bound at the element", `<h:A xmlns:x="urn:other" xmlns:y="http://www.w3.org/2001/XMLSchema" i:type="y:int">7</h:A>`, map[string]any{"A": num("7")}},
		{"a number that is none", `<h:A i:type="x:int">NaN</h:A>`, nil},
		{"a number without digits", `<h:A i:type="x:decimal">-.</h:A>`, nil},
		{"a type of somebody else", `<h:A xmlns:x="urn:other" i:type="x:int">7</h:A>`, nil},
		{"a type nobody has bound", `<h:A i:type="q:int">7</h:A>`, nil},
		{"a type that is not agreed", `<h:A i:type="x:base64Binary">AAAA</h:A>`, nil},
		{"a boolean that is none", `<h:A i:type="x:boolean">yes</h:A>`, nil},
		{"a date that is none", `<h:A i:type="x:date">2026/09/01</h:A>`, nil},
		{"numbers repeated", `<h:A i:type="x:int">1</h:A><h:A i:type="x:int">2</h:A>`, nil},
		{"a list repeated", `<h:A i:type="h:List"/><h:A i:type="h:List"/>`, nil},
		{"nothing with something in it", `<h:A i:nil="true">x</h:A>`, nil},
		{"elements in a value", `<h:A><h:B>x</h:B></h:A>`, nil},
		{"text among values", `x<h:A>y</h:A>`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := ask(t, talk(t, "1.2", says(200, "application/soap+xml", envelope("1.2", fmt.Sprintf(record, c.values)))), "1.2")
			if c.want == nil {
				if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
					t.Fatalf("%+v, error %v", found, err)
				}
				return
			}
			if err != nil || len(found) != 1 || !found[0].Known || !found[0].AsOf.Equal(now) || !reflect.DeepEqual(found[0].Lookups["who"], c.want) {
				t.Fatalf("%+v, error %v, want %v", found, err, c.want)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	text := envelope("1.1", fmt.Sprintf(record, "<h:XM>王䶮</h:XM>")) // the second is in GB18030 and not in GBK
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(text)
	gbk, _ := simplifiedchinese.GBK.NewEncoder().String(strings.ReplaceAll(text, "䶮", "龑"))
	rare, _ := simplifiedchinese.GBK.NewEncoder().String("龑")
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	said := func(encoding string) string { return `<?xml version="1.0" encoding="` + encoding + `"?>` + "\n" }
	cases := []struct{ name, contentType, body, want string }{
		{"UTF-8 and nothing said", "text/xml", text, "王䶮"},
		{"UTF-8 with a mark in front", "text/xml;charset=UTF-8", "\xef\xbb\xbf" + said("UTF-8") + text, "王䶮"},
		{"GBK as it says itself", "text/xml", said("GBK") + gbk, "王龑"},
		{"GB2312 that is more", "text/xml", said("gb2312") + gb, "王䶮"},
		{"GB18030 by the content type", `text/xml; charset="GB18030"`, gb, "王䶮"},
		{"GBK by both", "text/xml; charset=gbk", said("GB18030") + gbk, "王龑"},
		{"UTF-16", "text/xml", utf16, "王䶮"},
		{"GBK that says nothing", "text/xml", gbk, ""},
		{"GBK that says UTF-8", "text/xml; charset=utf-8", said("utf-8") + gbk, ""},
		{"two encodings said", "text/xml; charset=utf-8", said("GBK") + gbk, ""},
		{"GBK cut within a character", "text/xml", said("GBK") + strings.Replace(gbk, rare, rare[:1], 1), ""},
		{"UTF-8 within GBK", "text/xml", said("GBK") + strings.Replace(gbk, "</h:XM>", "\xe7\x8e\x8b\xff</h:XM>", 1), ""},
		{"UTF-16 said of bytes", "text/xml", said("utf-16") + text, ""},
		{"an encoding of nobody", "text/xml", said("EBCDIC") + text, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := ask(t, talk(t, "1.1", says(200, c.contentType, c.body)), "1.1")
			if c.want == "" {
				if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
					t.Fatalf("%+v, error %v", found, err)
				}
			} else if err != nil || found[0].Lookups["who"]["XM"] != c.want {
				t.Fatalf("%+v, error %v", found, err)
			}
		})
	}
}

func TestDeliverUnderstands(t *testing.T) {
	fault11 := func(code, detail string) string {
		return envelope("1.1", `<s:Fault><faultcode>`+code+`</faultcode><faultstring>王小明</faultstring>`+detail+`</s:Fault>`)
	}
	fault12 := func(code, detail string) string {
		return envelope("1.2", `<s:Fault><s:Code><s:Value>`+code+`</s:Value><s:Subcode><s:Value>h:x</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="zh">王小明</s:Text></s:Reason>`+detail+`</s:Fault>`)
	}
	refusal := func(reason string) string {
		return `<h:Refusal><h:reason>` + reason + `</h:reason></h:Refusal>`
	}
	const other = `<detail><h:Refusal><h:reason>` + port.ItemDeliveredOtherwise + `</h:reason></h:Refusal></detail>`
	cases := []struct {
		name, version string
		answer        http.HandlerFunc
		want          string // a fault's reason, or a refusal's behind "no: "
	}{
		{"no", "1.1", says(500, "text/xml", fault11("s:Client", other)), "no: " + port.ItemDeliveredOtherwise},
		{"no, said finer", "1.1", says(500, "text/xml", fault11("s:Client.Content", other)), "no: " + port.ItemDeliveredOtherwise},
		{"no with 200", "1.1", says(200, "text/xml", fault11("s:Client", other)), "no: " + port.ItemDeliveredOtherwise},
		{"no in 1.2", "1.2", says(400, "application/soap+xml", fault12("s:Sender", `<s:Detail>`+refusal("APPLICANT")+`</s:Detail>`)), "no: APPLICANT"},
		{"a toolkit's no", "1.1", says(500, "text/xml", fault11("s:Client", `<detail><o:x xmlns:o="urn:o"/></detail>`)), "DEPARTMENT_FAILED"},
		{"a no that is its own", "1.1", says(500, "text/xml", fault11("s:Server", other)), "DEPARTMENT_FAILED"},
		{"a code in no namespace", "1.1", says(500, "text/xml", fault11("Client", other)), "DEPARTMENT_FAILED"},
		{"that it is broken", "1.2", says(500, "application/soap+xml", fault12("s:Receiver", "")), "DEPARTMENT_FAILED"},
		{"that it speaks another version", "1.2", says(500, "text/xml", fault11("s:VersionMismatch", "")), "DEPARTMENT_FAILED"},
		{"a no without a reason", "1.1", says(500, "text/xml", fault11("s:Client", `<detail>`+refusal("")+`</detail>`)), "DEPARTMENT_GARBLED"},
		{"a fault without a code", "1.1", says(500, "text/xml", envelope("1.1", `<s:Fault/>`)), "DEPARTMENT_GARBLED"},
		{"a page of a proxy", "1.1", says(502, "text/html", "<html>"), "DEPARTMENT_FAILED"},
		{"that our token is no good", "1.1", says(401, "text/plain", "token"), "DEPARTMENT_FAILED"},
		{"a receipt with 500", "1.1", says(500, "text/xml", envelope("1.1", receipt)), "DEPARTMENT_FAILED"},
		{"a page with 200", "1.1", says(200, "text/html", "<html></html>"), "DEPARTMENT_GARBLED"},
		{"nothing", "1.1", says(202, "", ""), "DEPARTMENT_GARBLED"},
		{"a way elsewhere", "1.1", says(307, "text/xml", ""), "DEPARTMENT_GARBLED"},
		{"in the other version", "1.2", says(200, "text/xml", envelope("1.1", receipt)), "DEPARTMENT_GARBLED"},
		{"in another namespace", "1.1", says(200, "text/xml", strings.ReplaceAll(envelope("1.1", receipt), "urn:hsa", "urn:other")), "DEPARTMENT_GARBLED"},
		{"to another question", "1.1", says(200, "text/xml", envelope("1.1", `<h:StatusResponse/>`)), "DEPARTMENT_GARBLED"},
		{"two receipts", "1.1", says(200, "text/xml", envelope("1.1", receipt+receipt)), "DEPARTMENT_GARBLED"},
		{"two numbers", "1.1", says(200, "text/xml", envelope("1.1", strings.Replace(receipt, "<h:more>", "<h:number>2</h:number><h:more>", 1))), "DEPARTMENT_GARBLED"},
		{"a time without zone", "1.1", says(200, "text/xml", envelope("1.1", strings.Replace(receipt, "+08:00", "", 1))), "DEPARTMENT_GARBLED"},
		{"what we must understand and do not", "1.1", says(200, "text/xml", strings.Replace(envelope("1.1", receipt), "<s:Body>", `<s:Header><o:Tx xmlns:o="urn:o" s:mustUnderstand="1"/></s:Header><s:Body>`, 1)), "DEPARTMENT_GARBLED"},
		{"what we need not understand", "1.1", says(200, "text/xml", strings.Replace(envelope("1.1", receipt), "<s:Body>", `<s:Header><o:Tx xmlns:o="urn:o"/></s:Header><s:Body>`, 1)), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := deliver(t, talk(t, c.version, c.answer), c.version)
			got := ""
			if r, ok := errors.AsType[*port.Refusal](err); ok {
				got = "no: " + r.Reason
			} else if err != nil {
				got = fault.Of(err).Reason
			}
			if got != c.want {
				t.Errorf("%q (%v), want %q", got, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "王小明") {
				t.Errorf("the error repeats what was said: %v", err)
			}
		})
	}
}

func TestBusy(t *testing.T) {
	for _, status := range []int{429, 503} {
		l := talk(t, "1.1", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "30")
			says(status, "text/plain", "")(w, r)
		})
		_, err := deliver(t, l, "1.1")
		if f := fault.Of(err); f.Reason != "DEPARTMENT_BUSY" || !f.RetryAt.Equal(now.Add(30*time.Second)) {
			t.Errorf("%d: %s at %v", status, f.Reason, f.RetryAt)
		}
	}
}

func TestWhatXMLCannotHoldIsNotSent(t *testing.T) {
	l := talk(t, "1.1", func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	_, err := l.Deliver(t.Context(), portOf(ports("1.1"), "SUBMIT"), port.Item{ID: "item-1", Fields: map[string]any{"XM": "\x01"}})
	if r, ok := errors.AsType[*port.Refusal](err); !ok || r.Reason != "CHARACTERS" {
		t.Errorf("error %v", err)
	}
}

func TestOpenReportsAllMistakes(t *testing.T) {
	all := ports("1.1")
	all[0].Soap = &catalog.Soap{Version: "1.3", Namespace: space}
	all[1].Soap = &catalog.Soap{Version: "1.1", Namespace: "no address", Action: `"`}
	all[3].Path = "/items/{id}"
	all[4].Answers = map[string]string{"name": "1 XM"}
	odd, late := *all[4], *all[4]
	odd.ID, odd.Answers, odd.Soap = "odd", nil, &catalog.Soap{Version: "1.2", Namespace: space}
	late.ID, late.Answers = "late", nil
	_, err := soap.Open(port.Setup{Department: "HSA", Ports: append(all, &late, &odd), Endpoint: port.Endpoint{URL: "ftp://x"}})
	if err == nil {
		t.Fatal("no mistakes")
	}
	for _, want := range []string{"http(s)", "submit does not say", "status: its namespace", "status: its action", "withdraw: the address", `who: "1 XM"`, "late and odd share"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among\n%v", want, err)
		}
	}
}
