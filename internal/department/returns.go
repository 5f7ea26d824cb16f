package department

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/port"
)

// mostFaults is how many defects a clerk here names at most; always all at one
// time (行政许可法 art.32).
const mostFaults = 3

// reasons are why a field is returned, by its type; %s is its name. Which one is
// said follows from the seed and the item.
var reasons = map[string][]string{
	"date": {"“%s”与证件所载日期不一致，请按证件核对后填写。", "“%s”早于或晚于相关日期，请核对。"},
	"code": {"“%s”所选项与所附材料不一致，请重新选择。", "“%s”选择有误，请核对后重新选择。"},
	"list": {"“%s”有遗漏，请逐项补全。"},
	"file": {"“%s”不清晰，请重新上传。", "“%s”尺寸或背景不符合要求，请重新上传。"},
	"ref":  {"“%s”无法打开，请重新上传。"},
	"":     {"“%s”填写不完整，请按证件所载补全。", "“%s”与部门登记不一致，请核对。", "“%s”经核实有误，请更正。"},
}

// paperReasons are why a paper is returned.
var paperReasons = []string{"《%s》影像不清晰，请重新上传。", "《%s》缺页，请补齐全部页面。", "《%s》未见印章或签名，请补正。"}

// found is a defect under the department's names, and what it is called for people.
type found struct {
	port.Defect
	name, kind string // kind is the field's type
}

// findings are one to three defects of an item that is returned, among what was
// delivered: papers, and fields that the applicant gave. What departments told
// us is not for the applicant to mend; it is named only if there is nothing else.
func (o *office) findings(w work) ([]port.Defect, error) {
	mine, others, err := o.delivered(w)
	if err != nil {
		return nil, err
	}
	if len(mine) == 0 {
		mine = others
	}
	luck := func(what string, f found) float64 { return o.luck(what+" "+f.Field+f.Material, w.ID, w.Round) }
	slices.SortFunc(mine, func(a, b found) int { return cmp.Compare(luck("fault", a), luck("fault", b)) })
	faults := make([]port.Defect, min(len(mine), 1+int(mostFaults*o.luck("faults", w.ID, w.Round))))
	for i := range faults {
		why := paperReasons
		if mine[i].Field != "" {
			if why = reasons[mine[i].kind]; why == nil {
				why = reasons[""]
			}
		}
		faults[i] = mine[i].Defect
		faults[i].Words = fmt.Sprintf(why[int(float64(len(why))*luck("why", mine[i]))], mine[i].name)
	}
	return faults, nil
}

// delivered is what came with an item: what the applicant gave, and the rest.
func (o *office) delivered(w work) (mine, others []found, err error) {
	var fields map[string]any
	var materials []string
	if err := port.DecodeJSON([]byte(w.fields), &fields); err != nil {
		return nil, nil, fmt.Errorf("fields: %w", err)
	}
	if err := port.DecodeJSON([]byte(w.materials), &materials); err != nil {
		return nil, nil, fmt.Errorf("materials: %w", err)
	}
	for _, code := range materials {
		if m := o.config.Catalog.Material(code); m != nil {
			mine = append(mine, found{Defect: port.Defect{Material: code}, name: m.Name.Zh})
		}
	}
	p := o.names.SubmitPort(w.Matter)
	if p == nil {
		return mine, nil, nil
	}
	named := map[string]bool{}
	for _, theirs := range slices.Sorted(maps.Keys(fields)) {
		f := o.config.Catalog.Field(p.Send[theirs])
		if f == nil || named[f.ID] || fields[theirs] == nil {
			continue
		}
		named[f.ID] = true
		one := found{Defect: port.Defect{Field: theirs}, name: f.Name.Zh, kind: f.Type}
		if f.Origin == "APPLICANT" {
			mine = append(mine, one)
		} else {
			others = append(others, one)
		}
	}
	return mine, others, nil
}

// returnWords put the defects into one sentence, for systems and people who read only that.
func returnWords(faults []port.Defect) string {
	if len(faults) == 0 {
		return "所报内容不完整，请核对后一次性补正。"
	}
	var b strings.Builder
	b.WriteString("请一次性补正：")
	for i, f := range faults {
		end := "；"
		if i == len(faults)-1 {
			end = "。"
		}
		b.WriteString(string([]rune("一二三四五六七八九十")[i:min(i+1, 10)]))
		b.WriteString("、" + strings.TrimSuffix(f.Words, "。") + end)
	}
	return b.String()
}

// ReturnNow returns an item at once, for exactly the defects given under our
// names, whatever round it is in; for demonstrations and tests. A defect of a
// field that the matter does not send is an error. It answers once the return is
// on disk; an item that is decided, withdrawn or returned stays as it is.
func (f *Fleet) ReturnNow(ctx context.Context, itemID string, defects ...port.Defect) error {
	if len(defects) == 0 || len(defects) > 10 {
		return errors.New("a return names one to ten defects")
	}
	return f.now(ctx, itemID, func(o *office, tx *sql.Tx) error {
		w, err := o.workOn(tx, itemID)
		if err != nil {
			return err
		}
		theirs := slices.Clone(defects)
		for i, d := range theirs {
			if d.Field != "" {
				theirs[i].Field = o.names.FieldName(w.Matter, d.Field)
			}
			if err := theirs[i].Check(); err != nil {
				return fmt.Errorf("defect %d of matter %s: %w", i+1, w.Matter, err)
			}
		}
		return o.decide(tx, w, verdict{port.Returned, theirs})
	})
}

// now does something about an item in the book of whichever department has it.
func (f *Fleet) now(ctx context.Context, itemID string, do func(*office, *sql.Tx) error) error {
	for _, code := range f.codes {
		o := f.offices[code]
		err := o.book.write(ctx, func(tx *sql.Tx) error {
			var there int
			if err := tx.QueryRow(`SELECT count(*) FROM items WHERE id = ?`, itemID).Scan(&there); err != nil {
				return err
			}
			if there == 0 {
				return &port.Refusal{Reason: absent}
			}
			return do(o, tx)
		})
		if r, ok := errors.AsType[*port.Refusal](err); !ok || r.Reason != absent {
			ring(o.courierBell)
			return err
		}
	}
	return port.UnknownItem("")
}

const absent = "ABSENT" // within the fleet only
