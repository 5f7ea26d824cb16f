package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/vetgraph/vetgraph/internal/seal"
)

var sealInPage = regexp.MustCompile(`<code id="seal">([^<]*)</code>`)

// examinePage checks a saved page as a whole, then the seal that is printed on it.
func examinePage(ring seal.Ring, page []byte) *finding {
	m := sealInPage.FindSubmatch(page)
	if m == nil {
		return &finding{err: seal.ErrMalformed}
	}
	f := examineText(ring, html.UnescapeString(string(m[1])))
	if f.err != nil {
		return f
	}
	if key, err := ring.OpenPage(page); err != nil {
		f.say("页面文件与保存时不同。用浏览器另存也会改动文件，请以下列内容为准。", "The page is not as it was issued. Saving it anew in a browser may do that too; go by what follows.")
	} else if key.ID != f.key.ID {
		f.say("页面和二维码由不同的密钥签章。", "Page and QR code were sealed with different keys.")
	}
	return f
}

// examineAnswer checks a saved GraphQL answer, or any JSON that holds one sheet: its
// seal, and each field that the seal covers.
func examineAnswer(ring seal.Ring, body []byte) *finding {
	tree, err := strictJSON(body)
	if err != nil {
		return &finding{err: fmt.Errorf("%w: %w", seal.ErrMalformed, err)}
	}
	sheets := sheetsIn(tree)
	if len(sheets) != 1 {
		return &finding{err: fmt.Errorf("%w: there are %d in it, not one", seal.ErrMalformed, len(sheets))}
	}
	of, _ := sheets[0]["seal"].(map[string]any)
	text, _ := of["text"].(string)
	f := examineText(ring, text)
	if f.err != nil {
		return f
	}
	c := comparison{f: f}
	c.sheet(sheets[0])
	c.seal(of, text)
	slices.Sort(f.outside)
	f.outside = slices.Compact(f.outside)
	return f
}

// sheetsIn finds the objects that have a seal.
func sheetsIn(v any) (found []map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			found = append(found, sheetsIn(e)...)
		}
	case map[string]any:
		if s, ok := v["seal"].(map[string]any); ok {
			if _, ok := s["text"].(string); ok {
				return []map[string]any{v}
			}
		}
		for _, name := range sortedKeys(v) {
			found = append(found, sheetsIn(v[name])...)
		}
	}
	return found
}

// comparison holds a saved answer against what its seal says.
type comparison struct{ f *finding }

func (c comparison) want(name string, got any, want any) {
	if got != want {
		c.f.say(name+" 与签章不符。", name+" is not what the seal says.")
	}
}

// each hands every field of an object to the function that knows it. Other fields
// of its type are outside of the seal; what is no field at all was changed.
func (c comparison) each(kind, prefix string, object map[string]any, known map[string]func(name string, v any)) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		check, ok := known[name]
		switch fields := described().Types[kind]; {
		case ok:
			check(prefix+name, object[name])
		case name == "__typename":
			c.want(prefix+name, object[name], kind)
		case fields != nil && fields.Fields.ForName(name) != nil:
			c.f.outside = append(c.f.outside, prefix+name)
		default:
			c.f.say("没有 "+prefix+name+" 这个字段，文件被改动或用了别名。", "There is no field "+prefix+name+": the file was changed, or asked for under another name.")
		}
	}
}

func (c comparison) is(want any) func(string, any) {
	return func(name string, got any) { c.want(name, got, want) }
}

func (c comparison) sheet(object map[string]any) {
	s := c.f.sheet
	var used, kept any
	if s.Used != nil {
		used, kept = json.Number(strconv.Itoa(*s.Used)), *s.Used <= s.Promised
	}
	c.each("FeedbackSheet", "", object, map[string]func(string, any){
		"number": c.is(s.Number), "state": c.is(s.State), "complete": c.is(true), "workdaysPromised": c.is(json.Number(strconv.Itoa(s.Promised))),
		"workdaysUsed": c.is(used), "onTime": c.is(kept),
		"lines": c.lines, "seal": func(string, any) {},
	})
}

func (c comparison) lines(name string, v any) {
	lines, ok := v.([]any)
	if !ok || len(lines) != len(c.f.sheet.Lines) {
		c.want(name, len(lines), len(c.f.sheet.Lines))
		return
	}
	for i, of := range c.f.sheet.Lines {
		object, ok := lines[i].(map[string]any)
		if !ok {
			c.want(name, false, true)
			continue
		}
		c.line(fmt.Sprintf("%s.%s.", name, of.Matter), object, of)
	}
}

func (c comparison) line(prefix string, object map[string]any, of seal.Line) {
	var decided any
	if of.Decided != nil {
		decided = of.Decided.String()
	}
	c.each("SheetLine", prefix, object, map[string]func(string, any){
		"state": c.is(of.State), "decidedOn": c.is(decided),
		"matter": func(name string, v any) {
			matter, _ := v.(map[string]any)
			c.each("Matter", name+".", matter, map[string]func(string, any){"code": c.is(of.Matter)})
		},
		"number": func(name string, v any) {
			number, ok := v.(string)
			c.want(name, (ok || v == nil) && of.Result.Says(number), true)
			if of.Result.Withheld {
				c.f.outside = append(c.f.outside, name)
			}
		},
	})
}

func (c comparison) seal(object map[string]any, text string) {
	picture, err := seal.QR(text)
	c.each("SheetSeal", "seal.", object, map[string]func(string, any){
		"suite": c.is(string(c.f.key.Suite)), "keyId": c.is(c.f.key.ID), "text": c.is(text),
		"qr": func(name string, v any) { c.want(name, err == nil && v == picture, true) },
	})
}

// strictJSON reads one value; a name that is there twice is an error, because
// readers differ in which they take.
func strictJSON(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := readJSON(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	return v, nil
}

// deepest is how many levels a saved answer may have.
const deepest = 50

func readJSON(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil || depth > deepest {
		return nil, errors.Join(err, errors.New("this is no JSON of a sheet"))
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		object := map[string]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			key, _ := name.(string)
			if _, twice := object[key]; twice {
				return nil, errors.New("a name is there twice")
			}
			if object[key], err = readJSON(d, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return object, err
	}
	return token, nil
}
