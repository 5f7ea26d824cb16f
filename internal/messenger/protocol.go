package messenger

import "time"

// Path of messages below a gateway's base address.
const Path = "/messages"

// MediaType of every body, both ways.
const MediaType = "application/json"

// Letter is the body of POST messages.
type Letter struct {
	ID   string `json:"id"`
	To   string `json:"to"`
	Text string `json:"text"`
}

// Slip is the answer to POST messages.
type Slip struct {
	ID         string    `json:"id"`
	Reference  string    `json:"reference"`
	AcceptedAt time.Time `json:"acceptedAt"`
}

// Refusal is the body of an answer of 400 and above. Reason is one of the
// constants below, or anything else; it is not shown to people.
type Refusal struct {
	Reason string `json:"reason"`
}

// The reasons that both sides know.
const (
	ReasonOtherwise     = "SENT_OTHERWISE" // 409
	ReasonUndeliverable = "UNDELIVERABLE"  // 422
)
