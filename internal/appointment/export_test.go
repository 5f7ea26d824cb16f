package appointment

// Offers is offers, for tests of hours without a record.
func (d *Diary) Offers(slot string) bool { return d.offers(slot) }
