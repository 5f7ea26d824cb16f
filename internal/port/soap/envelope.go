package soap

import (
	"errors"
	"mime"
	"strings"

	"github.com/vetgraph/vetgraph/internal/port"
)

// version is what SOAP 1.1 and SOAP 1.2 have each in its own way.
type version struct {
	name      string
	space     string // of the envelope
	media     string
	sender    string // the code of a fault that is in what was asked
	receiver  string // and of one that is not
	transport string // of the WSDL binding
	wsdl      string // namespace of the WSDL binding
}

var (
	soap11 = &version{
		name: "1.1", space: "http://schemas.xmlsoap.org/soap/envelope/", media: "text/xml", sender: "Client", receiver: "Server",
		transport: "http://schemas.xmlsoap.org/soap/http", wsdl: "http://schemas.xmlsoap.org/wsdl/soap/",
	}
	soap12 = &version{
		name: "1.2", space: "http://www.w3.org/2003/05/soap-envelope", media: "application/soap+xml", sender: "Sender", receiver: "Receiver",
		transport: "http://schemas.xmlsoap.org/soap/http", wsdl: "http://schemas.xmlsoap.org/wsdl/soap12/",
	}
	versions = []*version{soap11, soap12}
)

func versionOf(name string) *version {
	for _, v := range versions {
		if v.name == name {
			return v
		}
	}
	return nil
}

// contentType is that of a document of ours; action is left out of answers.
func (v *version) contentType(action string) string {
	params := map[string]string{"charset": "utf-8"}
	if v == soap12 && action != "" {
		params["action"] = action
	}
	return mime.FormatMediaType(v.media, params)
}

// envelope writes a document whose body is one element of the service's namespace.
// token, which may be empty, is shown in the header.
func (v *version) envelope(space, token, element string, body func(*writer)) ([]byte, error) {
	w := &writer{}
	v.begin(w, space)
	if token != "" {
		w.open("e:Header")
		w.leaf("t:"+tokenElement, token)
		w.close("e:Header")
	}
	w.open("e:Body")
	w.open(element, "xmlns", space)
	body(w)
	w.close(element)
	v.end(w)
	return w.b.Bytes(), w.err
}

func (v *version) begin(w *writer, space string) {
	w.b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	w.open("e:Envelope", "xmlns:e", v.space, "xmlns:t", space, "xmlns:xsi", instanceSpace, "xmlns:xsd", schemaSpace)
}

func (v *version) end(w *writer) {
	w.close("e:Body")
	w.close("e:Envelope")
}

// tokenElement is the header that shows who we are to systems that cannot see the
// HTTP header.
const tokenElement = "Token"

// body is what an envelope carries.
type body struct {
	version *version
	content *node // one element; a fault too
}

// errUnderstand is of a header that must be understood and is not.
var errUnderstand = errors.New("a header that must be understood")

// open takes an envelope apart. space is the service's, whose headers we understand.
func open(root *node, space string) (body, error) {
	var b body
	for _, v := range versions {
		if root.name.Space == v.space {
			b.version = v
		}
	}
	if root.name.Local != "Envelope" || b.version == nil {
		return b, errors.New("not an envelope")
	}
	in := root.only(b.version.space, "Body")
	if in == nil || len(in.kids) != 1 || !in.blank() || !root.blank() {
		return b, errors.New("not an envelope with a body of one element")
	}
	b.content = in.kids[0]
	if header := root.only(b.version.space, "Header"); header != nil {
		for _, h := range header.kids {
			must := h.attr(b.version.space, "mustUnderstand")
			if (must == "1" || must == "true") && (h.name.Space != space || h.name.Local != tokenElement) {
				return b, errUnderstand
			}
		}
	}
	return b, nil
}

// isFault says whether the content is a fault.
func (b body) isFault() bool {
	return b.content.name.Local == "Fault" && b.content.name.Space == b.version.space
}

// refusalElement stands in the detail of a fault that speaks of the content.
const refusalElement = "Refusal"

// fault writes a fault. refusal, which may be nil, is what the caller may hear.
func (v *version) fault(space, code string, refusal *port.Refusal) ([]byte, error) {
	w := &writer{}
	v.begin(w, space)
	w.open("e:Body")
	w.open("e:Fault")
	const zh, en = "部门系统没有照办。", "The department's system has not done as asked."
	detail := "e:Detail"
	if v == soap11 {
		detail = "detail"
		w.leaf("faultcode", "e:"+code)
		w.leaf("faultstring", zh+en)
	} else {
		w.open("e:Code")
		w.leaf("e:Value", "e:"+code)
		w.close("e:Code")
		w.open("e:Reason")
		w.leaf("e:Text", zh, "xml:lang", "zh")
		w.leaf("e:Text", en, "xml:lang", "en")
		w.close("e:Reason")
	}
	if refusal != nil {
		w.open(detail)
		w.open(refusalElement, "xmlns", space)
		w.leaf("reason", refusal.Reason)
		if refusal.Item != nil {
			w.message(*refusal.Item)
		}
		w.close(refusalElement)
		w.close(detail)
	}
	w.close("e:Fault")
	v.end(w)
	return w.b.Bytes(), w.err
}

// refusal reads a fault: a refusal if it lies in what was asked and says why in
// the agreed words, else nil. A caller's mistake without these is the talk of a
// toolkit between the two of us: the connection is wrong, not the content.
func (b body) refusal(space string) (*port.Refusal, error) {
	v, code, detail := b.version, b.content.only("", "faultcode"), b.content.only("", "detail")
	if v == soap12 {
		detail = b.content.only(v.space, "Detail")
		if code = b.content.only(v.space, "Code"); code != nil {
			code = code.only(v.space, "Value")
		}
	}
	if code == nil {
		return nil, errors.New("a fault without a code")
	}
	name, ok := code.resolve(string(code.text))
	local, _, _ := strings.Cut(name.Local, ".") // 1.1 may say it finer: Client.Authentication
	if !ok || name.Space != v.space || local != v.sender || detail == nil {
		return nil, nil
	}
	said := detail.only(space, refusalElement)
	if said == nil {
		return nil, nil
	}
	r, err := newReader(said, space)
	refusal := &port.Refusal{Reason: r.text("reason")}
	if m := r.one("message"); m != nil {
		told := m.message()
		refusal.Item = &told
	}
	r.expect(refusal.Reason != "", "a refusal without a reason")
	return refusal, *err
}
