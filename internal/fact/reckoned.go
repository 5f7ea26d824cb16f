package fact

// Reckoned is one step of how an amount of money came about, in the order of the
// reckoning: what was looked at, what follows, on which ground, and how sure the
// ground is (the catalogue's marks: S C L K I R A).
type Reckoned struct {
	Step       string `json:"step"` // SERVICE REMAINDER YEARS BASE SHARE AMOUNT AWARD ROUNDING TOTAL
	Zh         string `json:"zh"`
	En         string `json:"en"`
	Months     *int   `json:"months,omitempty"`    // of service, after this step
	AmountFen  *int64 `json:"amountFen,omitempty"` // after this step
	Basis      string `json:"basis"`
	Confidence string `json:"confidence"`
}
