package subsidy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Facts are what an amount follows from.
type Facts struct {
	Category             string // of personnel
	Enlisted, Discharged workday.Day
	Division             string   // place of settlement, 12 digits
	Awards               []string // levels
}

// Amount is what was reckoned, and how.
type Amount struct {
	Fen    int64
	Months int // of service, as they count
	Steps  []fact.Reckoned
}

// Why nothing can be reckoned; a person looks at it.
var (
	errDates = errors.New("the dates of service do not make sense")
	errShare = errors.New("no share is set for this category of personnel")
	errBase  = errors.New("no base is set for this place and year of discharge")
	errNone  = errors.New("nothing is due for this service") // a line without money would keep its whole roll from being paid
)

// Reckon computes the amount. It follows from the parameters and the facts alone:
// the same gives the same, and longer service up to the same discharge no less.
func (p *Parameters) Reckon(f Facts) (Amount, error) {
	if f.Discharged < f.Enlisted || f.Enlisted == 0 {
		return Amount{}, errDates
	}
	i := slices.IndexFunc(p.Shares, func(s Share) bool { return s.Category == f.Category })
	if i < 0 {
		return Amount{}, errShare
	}
	base := p.base(f)
	if base == nil {
		return Amount{}, errBase
	}
	l := &ledger{basis: p.Basis}
	months := p.service(l, f)
	who := p.named("personnelCategory", f.Category)
	l.money("BASE", int64(base.Fen), base.Confidence,
		fmt.Sprintf("%d 年退役的%s，每份基数 %s 元", f.Discharged.Year(), who.Zh, yuan(int64(base.Fen))),
		fmt.Sprintf("The base of %s, discharged in %d, is %s yuan", who.En, f.Discharged.Year(), yuan(int64(base.Fen))))
	h := p.Shares[i]
	twelfths := int64(h.FirstPercent)*12 + int64(h.EachPercent)*int64(max(0, months-12*h.FirstYears))
	const over = 1200 * 100 // what the exact amount is divided by: percent and twelfths of a year, percent of the addition
	exact := int64(base.Fen) * twelfths * 100
	share := hundredths(twelfths * 100 / 12)
	zh, en := fmt.Sprintf("每年 %d%%：计 %s%%", h.EachPercent, share), fmt.Sprintf("%d%% for each year: %s%%", h.EachPercent, share)
	if h.FirstYears > 0 {
		zh = fmt.Sprintf("前 %d 年共 %d%%，以后每年 %d%%：计 %s%%", h.FirstYears, h.FirstPercent, h.EachPercent, share)
		en = fmt.Sprintf("%d%% for the first %d years, %d%% for each one above: %s%%", h.FirstPercent, h.FirstYears, h.EachPercent, share)
	}
	l.money("SHARE", exact/over, h.Confidence, zh, en)
	if percent, level := p.addition(f.Awards); percent > 0 {
		exact += int64(base.Fen) * twelfths * int64(percent)
		name := p.named("awardLevel", level)
		l.money("AWARD", exact/over, p.Awards.Confidence, fmt.Sprintf("%s，增发 %d%%（取最高一项）", name.Zh, percent),
			fmt.Sprintf("%s: %d%% more; of several awards the highest counts", name.En, percent))
	}
	unit := int64(p.Rounding.Fen)
	total := (2*exact + over*unit) / (2 * over * unit) * unit
	if total <= 0 {
		return Amount{}, errNone
	}
	if total*over != exact {
		l.money("ROUNDING", total, p.Rounding.Confidence, fmt.Sprintf("四舍五入到 %s 元", yuan(unit)), fmt.Sprintf("Rounded half up to %s yuan", yuan(unit)))
	}
	l.money("TOTAL", total, weakest(l.steps), fmt.Sprintf("应发 %s 元", yuan(total)), fmt.Sprintf("%s yuan are to be paid", yuan(total)))
	return Amount{Fen: total, Months: months, Steps: l.steps}, nil
}

// service counts the months.
func (p *Parameters) service(l *ledger, f Facts) int {
	full := fullMonths(f.Enlisted, f.Discharged)
	days := int(f.Discharged - later(f.Enlisted, full))
	l.time("SERVICE", full, "L", "%s 入伍，%s 退役：满 %d 个月另 %d 天", "Enlisted %s, discharged %s: %d whole months and %d days", f.Enlisted, f.Discharged, full, days)
	years, rest := full/12, full%12
	if rest == 0 && days == 0 {
		l.time("YEARS", full, p.Remainder.Confidence, "计 %s 年", "%s years count", hundredths(int64(full)*100/12))
		return full
	}
	for _, s := range p.Remainder.Steps {
		if rest < s.BelowMonths {
			months := 12*years + s.CountsMonths
			l.time("REMAINDER", months, p.Remainder.Confidence, "满 %d 年；余下不满 %d 个月，按 %d 个月计", "%d whole years; what is left is less than %d months and counts as %d",
				years, s.BelowMonths, s.CountsMonths)
			l.time("YEARS", months, p.Remainder.Confidence, "计 %s 年", "%s years count", hundredths(int64(months)*100/12))
			return months
		}
	}
	return full // not reached: the last step is below 12
}

// base is that of the narrowest place, and there of the latest year that is not
// after the discharge.
func (p *Parameters) base(f Facts) *Base {
	var best *Base
	for i := range p.Bases {
		b := &p.Bases[i]
		if b.Category != f.Category || b.From > f.Discharged.Year() || !division.Within(f.Division, b.Division) {
			continue
		}
		if best == nil {
			best = b
			continue
		}
		narrow, was := len(division.Prefix(b.Division)), len(division.Prefix(best.Division))
		if narrow > was || narrow == was && b.From > best.From {
			best = b
		}
	}
	return best
}

// addition is the highest of a person's awards.
func (p *Parameters) addition(awards []string) (percent int, level string) {
	for _, a := range p.Awards.Additions {
		if a.Percent > percent && slices.Contains(awards, a.Level) {
			percent, level = a.Percent, a.Level
		}
	}
	return percent, level
}

// fullMonths counts the months that are over between two days.
func fullMonths(from, to workday.Day) int {
	n := 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
	if later(from, n) > to {
		n--
	}
	return n
}

// later is the same day of the month so many months on, or the month's last.
func later(d workday.Day, months int) workday.Day {
	first := workday.Date(d.Year(), d.Month()+time.Month(months), 1)
	next := workday.Date(d.Year(), d.Month()+time.Month(months)+1, 1)
	day := first + (d - workday.Date(d.Year(), d.Month(), 1))
	return min(day, next-1)
}

// ledger is a reckoning under way.
type ledger struct {
	basis string
	steps []fact.Reckoned
}

func (l *ledger) time(step string, months int, mark, zh, en string, args ...any) {
	l.steps = append(l.steps, fact.Reckoned{Step: step, Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...), Months: &months, Basis: l.basis, Confidence: mark})
}

func (l *ledger) money(step string, fen int64, mark, zh, en string) {
	l.steps = append(l.steps, fact.Reckoned{Step: step, Zh: zh, En: en, AmountFen: &fen, Basis: l.basis, Confidence: mark})
}

// weakest is the mark of the least certain step.
func weakest(steps []fact.Reckoned) string {
	worst := 0
	order := []string{"L", "S", "C", "K", "I", "R", "A"}
	for _, s := range steps {
		worst = max(worst, slices.Index(order, s.Confidence))
	}
	return order[worst]
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func hundredths(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
