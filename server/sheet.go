package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// sheetStyle stands within the page, so that a saved page prints as it did; the
// page's policy allows this style alone, by its hash.
var sheetStyle = sync.OnceValue(func() string {
	body, err := files.ReadFile("page/sheet.css")
	if err != nil {
		panic(err) // it is built in
	}
	return string(body)
})

var sheetTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(files, "page/sheet.html"))
})

// styleHash is how a Content-Security-Policy names the sheet's style.
var styleHash = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(sheetStyle()))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
})

func sheetPolicy() string {
	return "default-src 'none'; style-src " + styleHash() + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// sheetView is what the page is made of.
type sheetView struct {
	Sheet      *casefile.Sheet
	State      catalog.Text
	OnTime     *catalog.Text
	Issued     workday.Day
	Issuer     string
	Lines      []lineView
	Notes      []catalog.Text // where to turn, each once
	Seal       *casefile.Sealed
	Picture    template.HTML
	Keys       string // address of the public keys
	Demo       bool
	Disclaimer catalog.Text
	Style      template.CSS
}

type lineView struct {
	casefile.Line
	By    string // name of the department
	State catalog.Text
	Note  int // number of the note on where to turn; 0 for none
}

// sheetPage answers GET /sheets/{number}: one case's feedback sheet for print, A4,
// for whoever may see the case. A sealed sheet's page is sealed as a whole.
func (h *Hub) sheetPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	body, err := h.drawSheet(r.Context(), r.PathValue("number"))
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			log := h.log("sheet")
			log.Error().Err(err).Msg("draw a feedback sheet")
		}
		refuse(w, statusOf(f.Kind), f)
		return
	}
	w.Header().Set("Content-Type", mediaTypes[".html"])
	w.Header().Set("Content-Security-Policy", sheetPolicy())
	w.Header().Set("Content-Disposition", `inline; filename="sheet-`+r.PathValue("number")+`.html"`) // a number that exists has no quotes
	_, _ = w.Write(body)                                                                             // nobody is left to tell
}

func (h *Hub) drawSheet(ctx context.Context, number string) ([]byte, error) {
	sheet, err := h.Cases.SheetOf(ctx, number)
	if err != nil {
		return nil, err
	}
	cat, err := h.Cases.Shelf.Get(ctx, sheet.Catalog)
	if err != nil {
		return nil, err
	}
	sealed, err := h.Cases.Seal(ctx, sheet)
	if f := new(fault.Fault); errors.As(err, &f) && f.Kind == fault.TooLarge {
		sealed = nil // the page says that there is no seal
	} else if err != nil {
		return nil, err
	}
	v := viewOf(sheet, cat)
	v.Issued, v.Issuer, v.Demo, v.Keys = workday.FromTime(h.Config.Now()), h.Config.SealIssuer, h.Config.Demo, h.address()+"/.well-known/vetgraph-keys"
	if v.Seal = sealed; sealed != nil {
		v.Picture = template.HTML(sealed.SVG) //nolint:gosec // package seal draws it of numbers alone
	}
	var page bytes.Buffer
	if err := sheetTemplate().Execute(&page, v); err != nil {
		return nil, err
	}
	if sealed == nil {
		return page.Bytes(), nil
	}
	return h.Cases.Signer.SealPage(page.Bytes())
}

// viewOf puts a sheet into words. Where to turn is told once for all lines that
// have it in common.
func viewOf(s *casefile.Sheet, cat *catalog.Catalog) *sheetView {
	v := &sheetView{Sheet: s, State: stateWords("CaseState", string(s.State)), Disclaimer: cat.Meta.Disclaimer, Style: template.CSS(sheetStyle())} //nolint:gosec // a file of ours
	if s.OnTime != nil {
		v.OnTime = onTime(*s.OnTime)
	}
	for _, l := range s.Lines {
		line := lineView{Line: l, By: l.Department, State: stateWords("ItemState", string(l.State))}
		if d := cat.Department(l.Department); d != nil {
			line.By = d.Name.Zh
		}
		if l.Remedy != nil {
			i := slices.Index(v.Notes, *l.Remedy)
			if i < 0 {
				i, v.Notes = len(v.Notes), append(v.Notes, *l.Remedy)
			}
			line.Note = i + 1
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

func onTime(yes bool) *catalog.Text {
	if yes {
		return &catalog.Text{Zh: "按期", En: "on time"}
	}
	return &catalog.Text{Zh: "超期", En: "late"}
}

var described = sync.OnceValue(func() *ast.Schema { return exec.NewExecutableSchema(exec.Config{}).Schema() })

// stateWords are a state's words in both languages, from the schema's own
// description of it; the bare state if there is none.
func stateWords(enum, state string) catalog.Text {
	if d := described().Types[enum]; d != nil {
		if v := d.EnumValues.ForName(state); v != nil {
			zh, en, _ := strings.Cut(v.Description, "。")
			en, _, _ = strings.Cut(strings.TrimSpace(en), ".")
			if en != "" {
				return catalog.Text{Zh: zh, En: en}
			}
		}
	}
	return catalog.Text{Zh: state, En: state}
}
