package workday

import (
	"fmt"
	"time"
)

func text(zh, en string) Text { return Text{Zh: zh, En: en} }

// note words a step that the calendar alone explains. Counted is how many working
// days have passed with it.
func (c *Calendar) note(s Step, counted int) Text {
	switch s.Kind {
	case Counted:
		zh, en := ordinals(counted-s.Days+1, counted)
		return text("计为第 "+zh+" 个工作日。", "Counted as working "+en+".")
	case MakeUp:
		zh, en := ordinals(counted-s.Days+1, counted)
		return text("周末调休上班，计为第 "+zh+" 个工作日。", "Make-up workday by the holiday notice, counted as working "+en+".")
	case Weekend:
		return text("周末休息，不计入(《行政许可法》第八十二条)。", "Weekend, not counted (Administrative Licensing Law art. 82).")
	case Holiday:
		f := c.festival(s.Day)
		return text(fmt.Sprintf("%s放假 %d 天，不计入(《行政许可法》第八十二条)。", f.Zh, s.Days),
			fmt.Sprintf("%s, %s off, not counted (Administrative Licensing Law art. 82).", f.En, days(s.Days)))
	case CalendarDays:
		return text(fmt.Sprintf("按自然日连续计算 %d 天。", s.Days), fmt.Sprintf("%s, every day counted.", calendarDays(s.Days)))
	case Provisional:
		y := c.missing(s.Day)
		return text(fmt.Sprintf("%d 年节假日安排尚未载入，自此暂按已知安排和周末推算，载入后应重新计算。", y),
			fmt.Sprintf("The holiday schedule of %d is not loaded: from here on reckoned by what is known and by weekends; reckon again when it is.", y))
	}
	return Text{}
}

// startNote words the day the clock is set: at the beginning of a ledger, or where
// a matter follows another in a chain.
func startNote(first bool) Text {
	if first {
		return text("起算当日不计入，自次日起算(《民法典》第二百零一条)。", "The first day is not counted; counting begins the day after (Civil Code art. 201).")
	}
	return text("在先事项期满之日起算，当日不计入，自次日起算(《民法典》第二百零一条)。",
		"Begins when the matter before it is due; that day is not counted, counting begins the day after (Civil Code art. 201).")
}

// rolledNote words a last day that is off: that of a calendar deadline, or the one
// on which a clock runs again that was stopped on the last day.
func rolledNote(resumed bool) Text {
	if resumed {
		return text("恢复计时之日为休息日，期限顺延至休息日结束的次日(参照《民法典》第二百零三条)。",
			"The clock runs again on a day off; the deadline is the day after the days off (Civil Code art. 203, by analogy).")
	}
	return text("期限最后一日为休息日，顺延至休息日结束的次日(《民法典》第二百零三条)。",
		"The last day is a day off; the deadline is the day after the days off (Civil Code art. 203).")
}

// note words a pause, its reason first. Last tells that the clock was stopped on
// the last day.
func (p Pause) note(s Step, last bool) Text {
	t := text(fmt.Sprintf("暂停计时，期间 %d 个工作日不计入，期限顺延。", s.Days),
		fmt.Sprintf("The clock stands still; the deadline moves by the %s of the pause.", working(s.Days)))
	if last {
		t = text(fmt.Sprintf("期限最后一日停止计时，不为超期，期间 %d 个工作日不计入，期限顺延至恢复计时之日。", s.Days),
			fmt.Sprintf("Stopped on the last day and so not late: %s not counted, and the deadline is the day on which the clock runs again.", are(s.Days)))
	}
	if p.Open {
		t = text(fmt.Sprintf("计时自 %v 起停止，至 %v 已有 %d 个工作日不计入，恢复计时前期限继续顺延。", p.From, s.Until, s.Days),
			fmt.Sprintf("The clock stands since %v; up to %v, %s not counted, and the deadline moves on until it runs again.", p.From, s.Until, are(s.Days)))
	}
	if p.Reason.Zh != "" {
		t.Zh = p.Reason.Zh + t.Zh
	}
	if p.Reason.En != "" {
		t.En = p.Reason.En + " " + t.En
	}
	return t
}

// endNote words the deadline, and what may still move it.
func (l *ledger) endNote() Text {
	t := text("期限届满之日", "The deadline")
	if l.provisional || l.doubted {
		t = text(t.Zh+"(暂定)", t.En+" (provisional)")
	}
	if l.standing {
		return text(fmt.Sprintf("%s：计时自 %v 起停止，此为即日恢复计时的期限，恢复前继续顺延。", t.Zh, l.since),
			fmt.Sprintf("%s if the clock ran again now: it stands since %v, and the date moves on until it does.", t.En, l.since))
	}
	return text(t.Zh+"。", t.En+".")
}

// deemedNote words the last day on which a want of papers can be told.
func deemedNote(received Day, provisional bool) Text {
	t := text(fmt.Sprintf("至本日未一次告知需要补正的全部内容的，自收到材料之日 %v 起即为受理(参照《行政许可法》第三十二条)", received),
		fmt.Sprintf("The last day to tell everything that is wanting; after silence the papers count as accepted on %v, the day they came in (Administrative Licensing Law art. 32, by analogy)", received))
	if provisional {
		return text(t.Zh+"，日期为暂定。", t.En+"; the date is provisional.")
	}
	return text(t.Zh+"。", t.En+".")
}

// note words a change, the days themselves first.
func (x Change) note() Text {
	t := text("上班或休息不变", "Works or is off as before")
	switch {
	case x.Opens:
		t = text("由休息改为上班", "A day off becomes a working day")
	case x.Closes:
		t = text("由上班改为休息", "A working day becomes a day off")
	}
	switch {
	case x.Settles:
		return text(t.Zh+"，由暂定转为确定。", t.En+"; it was provisional and is settled now.")
	case x.Unsettles:
		return text(t.Zh+"，由确定转为暂定。", t.En+"; it was settled and is provisional now.")
	}
	return text(t.Zh+"。", t.En+".")
}

// missing is the year whose notice is wanted for an unsettled day.
func (c *Calendar) missing(d Day) int {
	if y := d.Year(); !c.years[y] {
		return y
	}
	return d.Year() + 1
}

// ordinals writes the range of working days from a to b.
func ordinals(a, b int) (zh, en string) {
	if a == b {
		return fmt.Sprint(a), fmt.Sprintf("day %d", a)
	}
	return fmt.Sprintf("%d 至 %d", a, b), fmt.Sprintf("days %d to %d", a, b)
}

func days(n int) string         { return plural(n, "day") }
func working(n int) string      { return plural(n, "working day") }
func calendarDays(n int) string { return plural(n, "calendar day") }

func are(n int) string {
	if n == 1 {
		return working(n) + " is"
	}
	return working(n) + " are"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// festival names the holiday that a day off belongs to. Three holidays stand on a
// date; the others follow the moon or the sun within bounds that do not overlap:
// Spring Festival begins from 21 January to 20 February, Qingming is 4 to 6 April,
// Dragon Boat 28 May to 25 June, Mid-Autumn 7 September to 8 October
// (全国年节及纪念日放假办法 2).
func (c *Calendar) festival(d Day) Text {
	first, last := c.named(d)
	y := last.Year()
	within := func(m time.Month, day int) bool { x := Date(y, m, day); return first <= x && x <= last }
	overlaps := func(m1 time.Month, d1 int, m2 time.Month, d2 int) bool {
		return first <= Date(y, m2, d2) && last >= Date(y, m1, d1)
	}
	switch {
	case within(time.January, 1):
		return text("元旦", "New Year")
	case within(time.October, 1) && (first < Date(y, time.October, 1) || last > Date(y, time.October, 7)):
		return text("国庆节、中秋节", "National Day and Mid-Autumn Festival") // seven days alone, eight with both
	case within(time.October, 1):
		return text("国庆节", "National Day")
	case within(time.May, 1):
		return text("劳动节", "Labour Day")
	case overlaps(time.January, 21, time.February, 28):
		return text("春节", "Spring Festival")
	case overlaps(time.April, 4, time.April, 6):
		return text("清明节", "Qingming Festival")
	case overlaps(time.May, 28, time.June, 25):
		return text("端午节", "Dragon Boat Festival")
	case overlaps(time.September, 7, time.October, 8):
		return text("中秋节", "Mid-Autumn Festival")
	}
	return text("法定节假日", "Public holiday")
}

// named is the run of days off around a day, without the ordinary weekend days at
// its ends: those would make seven days look like eight.
func (c *Calendar) named(d Day) (first, last Day) {
	first, last = c.run(d)
	in := func(x Day) bool { _, ok := c.moved[x]; return ok }
	for first < last && !in(first) {
		first++
	}
	for last > first && !in(last) {
		last--
	}
	return first, last
}
