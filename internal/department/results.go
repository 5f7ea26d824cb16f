package department

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// numbers are how certificates and approvals are numbered here, by matter code,
// in the style of the real ones. {y} is the year, {d} the day, {6} a serial of so
// many digits. Matters of other catalogues get the last form.
var numbers = map[string]string{
	"M01": "黑退报〔{y}〕{6}号",
	"M02": "黑退补〔{y}〕{6}号",
	"M03": "黑退训〔{y}〕{6}号",
	"M04": "{9}",      // 户号: nine digits
	"M05": "23{d}{6}", // 受理号 of the card
	"M06": "{10}",     // 个人编号: ten digits
	"M07": "黑养转〔{y}〕{6}号",
	"M08": "H{8}", // 社会保障卡号: a letter and eight digits
	"M09": "黑医参{y}{8}",
	"M10": "黑医转〔{y}〕{6}号",
	"M11": "黑兵登〔{y}〕{6}号",
	"M12": "YD23{10}",
	"M13": "黑军J{6}", // 残疾军人证 after a transfer between provinces
}

// otherNumber goes behind the codes of department and matter.
const otherNumber = "-{y}-{8}"

// known is what a department's register holds once it has approved a matter,
// besides the outputs of the result; by matter code.
var known = map[string]catalog.Facts{
	"M04": {"hasLocalHukou": true},
	"M08": {"hasSocialSecurityCard": true},
	"M09": {"medicalEnrolmentStatus": "ACTIVE_HERE"},
}

// resultNumber is unique at its department: its serial is the act's.
func (o *office) resultNumber(tx *sql.Tx, w work, now time.Time) (string, error) {
	var last int64
	if err := tx.QueryRow(`SELECT coalesce(max(serial), 0) FROM acts`).Scan(&last); err != nil {
		return "", fmt.Errorf("result number: %w", err)
	}
	form, ok := numbers[w.Matter]
	if !ok {
		form = o.code + w.Matter + otherNumber
	}
	day := civil(now)
	pairs := []string{"{y}", day.Format("2006"), "{d}", day.Format("20060102")}
	for _, width := range []int{6, 8, 9, 10} {
		pairs = append(pairs, fmt.Sprintf("{%d}", width), fmt.Sprintf("%0*d", width, last+1))
	}
	return strings.NewReplacer(pairs...).Replace(form), nil
}

// composers make the outputs that are more than a repetition of what was sent.
var composers = map[string]func(sent catalog.Facts, born, today time.Time) any{
	"hukouAddress": func(sent catalog.Facts, _, _ time.Time) any {
		code, _ := sent["targetDivision"].(string)
		address, _ := sent["targetAddress"].(string)
		place := division.Builtin().FullName(code)
		if strings.HasPrefix(address, place) {
			return address
		}
		return place + address
	},
	"idValidTo": func(_ catalog.Facts, born, today time.Time) any { return cardValidTo(born, today) },
}

// cardValidTo is how long an identity card holds (居民身份证法 art.5): five years
// under 16, ten from 16 to 25, twenty from 26 to 45, without end from 46. Both are
// days, at midnight UTC.
func cardValidTo(born, issued time.Time) string {
	age := issued.Year() - born.Year()
	if issued.Before(born.AddDate(age, 0, 0)) {
		age--
	}
	years := 20
	switch {
	case age < 16:
		years = 5
	case age < 26:
		years = 10
	case age > 45:
		return port.LongTerm
	}
	return issued.AddDate(years, 0, 0).Format(time.DateOnly)
}

// birthDay is what ages are counted from.
func birthDay(applicant string) (time.Time, bool) {
	n, err := citizen.Parse(applicant)
	if err != nil {
		return time.Time{}, false
	}
	return n.BirthDate().Time(), true
}

// outputs are what the result adds to the profile, as the catalogue declares for
// the matter: composed, else as it was sent, else a number or today by the
// field's nature. What cannot be known is left out.
func (o *office) outputs(w work, number string, now time.Time) (catalog.Facts, error) {
	sent, err := o.sent(w)
	if err != nil {
		return nil, err
	}
	born, _ := birthDay(w.applicant)
	today := workday.FromTime(now).Time()
	out := catalog.Facts{}
	for _, id := range o.matters[w.Matter].Result.Outputs {
		if compose := composers[id]; compose != nil {
			if v := compose(sent, born, today); v != "" {
				out[id] = v
			}
			continue
		}
		switch v := sent[id]; {
		case v != nil:
			out[id] = v
		case strings.HasSuffix(id, "No"):
			out[id] = number
		case o.names.Type(id) == "date":
			out[id] = today.Format(time.DateOnly)
		}
	}
	return out, nil
}

// sent gives what the hub sent under its own field IDs; values of a wrong type
// are treated as not sent.
func (o *office) sent(w work) (catalog.Facts, error) {
	var theirs map[string]any
	if err := port.DecodeJSON([]byte(w.fields), &theirs); err != nil {
		return nil, fmt.Errorf("fields: %w", err)
	}
	sent := catalog.Facts{}
	p := o.names.SubmitPort(w.Matter)
	if p == nil {
		return sent, nil
	}
	for name, id := range p.Send {
		v, err := port.Value(o.names.Type(id), theirs[name])
		if err != nil || v == nil {
			continue
		}
		if ours, known := port.Recode(v, func(code string) (string, bool) { return p.Uncode(id, code) }); known {
			sent[id] = ours
		}
	}
	return sent, nil
}

// words are what the applicant is told.
func words(v verdict) string {
	switch v.state {
	case port.Rejected:
		return "经审核，所报情况与部门登记不一致，不予办理。如有异议，可依法申请行政复议。"
	case port.Returned:
		return returnWords(v.faults)
	case port.Approved:
		return "已办结。"
	}
	return ""
}

// civil is a moment on the department's clock, Beijing time.
func civil(t time.Time) time.Time { return t.In(beijing) }

// China keeps one time without daylight saving, so no time zone data is needed.
var beijing = time.FixedZone("CST", 8*60*60)
