package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Bounds of one document: far above what a thousand persons with every field
// need, and far below what would trouble us.
const (
	maxDepth = 32
	maxParts = 250_000  // elements and attributes
	maxToken = 64 << 10 // bytes of one tag or one piece of text
	maxAttrs = 64       // of one element
	maxScope = 64       // prefixes bound at one place
)

// Namespaces that every document may use.
const (
	schemaSpace   = "http://www.w3.org/2001/XMLSchema"
	instanceSpace = "http://www.w3.org/2001/XMLSchema-instance"
	xmlSpace      = "http://www.w3.org/XML/1998/namespace"
)

// node is one element with what stands in it.
type node struct {
	name  xml.Name
	attrs []xml.Attr // names resolved, declarations of prefixes left out
	text  []byte
	kids  []*node
	scope *scope
}

// scope is what prefixes mean at one place.
type scope struct {
	prefix, space string
	up            *scope
	depth         int
}

func (s *scope) find(prefix string) (space string, ok bool) {
	for ; s != nil; s = s.up {
		if s.prefix == prefix {
			return s.space, prefix == "" || s.space != ""
		}
	}
	return "", prefix == ""
}

// attr is the value of an attribute, trimmed; empty if there is none.
func (n *node) attr(space, local string) string {
	for _, a := range n.attrs {
		if a.Name.Space == space && a.Name.Local == local {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// resolve reads a name with a prefix as it is meant at this element.
func (n *node) resolve(qname string) (xml.Name, bool) {
	prefix, local, prefixed := strings.Cut(strings.TrimSpace(qname), ":")
	if !prefixed {
		prefix, local = "", prefix
	}
	space, ok := n.scope.find(prefix)
	return xml.Name{Space: space, Local: local}, ok && local != ""
}

// only is the one child of a name; nil if there is none or there are several.
func (n *node) only(space, local string) (found *node) {
	for _, k := range n.kids {
		if k.name.Space == space && k.name.Local == local {
			if found != nil {
				return nil
			}
			found = k
		}
	}
	return found
}

// blank says whether nothing but space stands beside the elements.
func (n *node) blank() bool { return len(bytes.TrimSpace(n.text)) == 0 }

// meter gives a document byte by byte, and stops where one token becomes too long.
type meter struct {
	text     []byte
	at, mark int
}

// ReadByte implements io.ByteReader, so that the decoder never reads ahead.
func (m *meter) ReadByte() (byte, error) {
	if m.at >= len(m.text) {
		return 0, io.EOF
	}
	if m.at-m.mark > maxToken {
		return 0, errors.New("a token without end")
	}
	m.at++
	return m.text[m.at-1], nil
}

// Read implements io.Reader; the decoder does not use it.
func (m *meter) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	b, err := m.ReadByte()
	if err != nil {
		return 0, err
	}
	into[0] = b
	return 1, nil
}

// parse reads one whole document. There are no entities but the five of XML, no
// DOCTYPE and no instructions: SOAP has none (SOAP 1.1 section 3, SOAP 1.2 part 1
// section 5). Namespaces are resolved here and not by encoding/xml, which takes a
// prefix that nobody has bound for a namespace. Errors say where and never what.
func parse(text []byte, contentType string) (*node, error) {
	text, err := decode(text, contentType)
	if err != nil {
		return nil, err
	}
	p := &parser{in: &meter{text: text}}
	dec := xml.NewDecoder(p.in)
	for {
		p.in.mark = p.in.at
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || !p.take(token) {
			return nil, fmt.Errorf("not the agreed XML before byte %d", dec.InputOffset())
		}
	}
	if p.root == nil || len(p.open) > 0 {
		return nil, errors.New("the XML ends too early")
	}
	return p.root, nil
}

type parser struct {
	in    *meter
	root  *node
	open  []*node
	raw   []xml.Name // names of open elements as written
	parts int
}

func (p *parser) take(token xml.Token) bool {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		last := len(p.open) - 1
		if last < 0 || p.raw[last] != t.Name {
			return false
		}
		p.open, p.raw = p.open[:last], p.raw[:last]
	case xml.CharData:
		if len(p.open) == 0 {
			return len(bytes.TrimSpace(t)) == 0
		}
		in := p.open[len(p.open)-1]
		in.text = append(in.text, t...)
	case xml.Comment:
	default: // a DOCTYPE or an instruction
		return false
	}
	return true
}

func (p *parser) start(t xml.StartElement) bool {
	p.parts += 1 + len(t.Attr)
	if p.parts > maxParts || len(p.open) == maxDepth || len(t.Attr) > maxAttrs || len(p.open) == 0 && p.root != nil {
		return false
	}
	n := &node{}
	if len(p.open) > 0 {
		up := p.open[len(p.open)-1]
		n.scope, up.kids = up.scope, append(up.kids, n)
	} else {
		n.scope, p.root = &scope{prefix: "xml", space: xmlSpace}, n
	}
	for _, a := range t.Attr {
		if prefix, is := declares(a.Name); is {
			n.scope = &scope{prefix, a.Value, n.scope, n.scope.depth + 1}
		}
	}
	if n.scope.depth > maxScope || !p.named(n, t) {
		return false
	}
	p.open, p.raw = append(p.open, n), append(p.raw, t.Name)
	return true
}

// declares says whether an attribute binds a prefix, and which.
func declares(name xml.Name) (prefix string, is bool) {
	if name.Space == "xmlns" {
		return name.Local, true
	}
	return "", name.Space == "" && name.Local == "xmlns"
}

// named resolves the names of an element and its attributes; no attribute occurs twice.
func (p *parser) named(n *node, t xml.StartElement) bool {
	space, ok := n.scope.find(t.Name.Space)
	n.name = xml.Name{Space: space, Local: t.Name.Local}
	for _, a := range t.Attr {
		if _, is := declares(a.Name); is {
			continue
		}
		if a.Name.Space != "" { // without a prefix an attribute is in no namespace
			var bound bool
			a.Name.Space, bound = n.scope.find(a.Name.Space)
			ok = ok && bound
		}
		for _, other := range n.attrs {
			ok = ok && other.Name != a.Name
		}
		n.attrs = append(n.attrs, a)
	}
	return ok
}

// declaration is the first line of a document, where it has one.
var declaration = regexp.MustCompile(`^<\?xml[ \t\r\n]+version=["']1\.0["'](?:[ \t\r\n]+encoding=["']([A-Za-z][A-Za-z0-9._-]*)["'])?(?:[ \t\r\n]+standalone=["'](?:yes|no)["'])?[ \t\r\n]*\?>`)

// encodings are those that are read beside UTF-8. Who says GBK or GB2312 means
// GB18030, which holds both.
var encodings = map[string]encoding.Encoding{
	"utf-8": nil, "utf8": nil, "us-ascii": nil,
	"gb18030": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "gb2312": simplifiedchinese.GB18030, "x-gbk": simplifiedchinese.GB18030, "cp936": simplifiedchinese.GB18030,
	"utf-16": utf16, "utf-16le": utf16, "utf-16be": utf16,
}

var utf16 = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)

// decode gives a document in UTF-8 and without its declaration. What the content
// type and the declaration say of the encoding must agree: a wrong guess would
// write other characters into a person's name.
func decode(text []byte, contentType string) ([]byte, error) {
	_, params, _ := mime.ParseMediaType(contentType)
	outer := params["charset"]
	if bytes.HasPrefix(text, []byte{0xfe, 0xff}) || bytes.HasPrefix(text, []byte{0xff, 0xfe}) {
		return convert(text, utf16, outer)
	}
	text = bytes.TrimPrefix(text, []byte{0xef, 0xbb, 0xbf})
	inner := ""
	if m := declaration.FindSubmatch(text); m != nil {
		inner = string(m[1])
	}
	said := inner
	if said == "" {
		said = outer
	}
	if said == "" {
		said = "utf-8"
	}
	enc, known := encodings[strings.ToLower(said)]
	if !known || enc == utf16 { // UTF-16 has a mark in front
		return nil, errors.New("an encoding that we do not read")
	}
	return convert(text, enc, outer)
}

func convert(text []byte, enc encoding.Encoding, outer string) ([]byte, error) {
	if outer != "" {
		if other, known := encodings[strings.ToLower(outer)]; !known || other != enc {
			return nil, errors.New("the content type names another encoding than the text")
		}
	}
	if enc != nil {
		decoded, err := enc.NewDecoder().Bytes(text)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) { // what the decoder puts for what it cannot read
			return nil, errors.New("not in the encoding that it names")
		}
		text = decoded
	} else if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	return text[len(declaration.Find(text)):], nil
}
