package profile

import (
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Person is one veteran with everything known of them, in plain: what [Profile.Put]
// writes and [Profile.Person] reads. A fact that is nil or not listed is unknown,
// and Put leaves what the record holds of it. Codes are those of the catalogue's
// lists; money is in fen.
//
// A Person is never logged, and lives no longer than the work it is needed for.
type Person struct {
	ID        string         // as the record has it; Put derives it from Number
	Number    citizen.Number // who this is
	Identity  Identity
	Division  string // whose desk is responsible; Put takes Settlement's where there is one
	Synthetic bool
	RollHash  []byte // digest of the discharge roll's line this comes from; nil if from none

	// Whole says that the lists ServicePeriods, Ranks and Awards are complete by
	// the word of their source: what the same source said before, no later than
	// now, and says no more is taken back. The lists' source is that of Discharge.
	Whole bool

	Background         *Background
	Contact            *Contact
	Households         []Household // one per kind
	IDCard             *IDCard
	ServicePeriods     []ServicePeriod // one per day of enlistment
	Ranks              []Rank          // one per rank
	Awards             []Award         // one per level and day
	Discharge          *Discharge
	Settlement         *Settlement
	Disability         *Disability
	Enrolments         []Enrolment // one per branch before and one after service
	SocialSecurityCard *SocialSecurityCard
	ArmyRelations      []ArmyRelation // one per kind
	Employment         *Employment
	Trainings          []Training        // one per trade and day of beginning
	Guidances          []Guidance        // one per kind and day
	TrainingSubsidies  []TrainingSubsidy // one per day of payment, and one unpaid
	EconomicSubsidy    *EconomicSubsidy
	PreferentialCard   *PreferentialCard
	PensionRelation    *PensionRelation
}

// Identity is what the population register says of a person.
type Identity struct {
	fact.Provenance
	Name      string
	Sex       string // by the number if empty
	Ethnicity string
	Marital   string
}

// Background is schooling and party membership.
type Background struct {
	fact.Provenance
	Education, Political string
}

// Contact is how the person is reached.
type Contact struct {
	fact.Provenance
	Mobile, Division, Address string
}

// Household is an entry of the household register.
type Household struct {
	fact.Provenance
	Kind                      string // PRIOR or CURRENT
	State                     string // CANCELLED or REGISTERED
	Division, Address         string
	CancelledOn, RegisteredOn *workday.Day
	PoliceStation             string
}

// IDCard is the identity card, or the word that there is none.
type IDCard struct {
	fact.Provenance
	State    string // NONE VALID EXPIRED LOST
	ValidTo  *workday.Day
	LongTerm bool // 长期: without end
}

// ServicePeriod is a span of active service.
type ServicePeriod struct {
	fact.Provenance
	EnlistedOn      workday.Day
	LeftOn          *workday.Day
	EnlistDivision  string
	Branch          string
	Unit, Specialty string // unit: code name only
	Combat          *bool
}

// Rank is a rank held.
type Rank struct {
	fact.Provenance
	Rank     string
	HeldFrom *workday.Day
}

// Award is an honour or merit.
type Award struct {
	fact.Provenance
	Level     string
	AwardedOn *workday.Day
}

// Discharge is how and when the person left the forces, last.
type Discharge struct {
	fact.Provenance
	DischargedOn             workday.Day
	Category, Reason         string
	CertType, CertNo, Letter string
	Reserve                  *bool
}

// Settlement is mode and place of settlement.
type Settlement struct {
	fact.Provenance
	Mode, Division, RelocationReason string
}

// Disability is a grade, or the word that there is none (Grade empty).
type Disability struct {
	fact.Provenance
	Grade, Nature, CertNo, Authority string
}

// Enrolment is membership of an insurance scheme, or the word that there is none.
type Enrolment struct {
	fact.Provenance
	Branch           string // SOCIAL PENSION MEDICAL
	Scheme, Division string
	State            string // NONE ACTIVE SUSPENDED
	BeforeService    bool
	Since            *workday.Day
}

// SocialSecurityCard is the card, or the word that there is none.
type SocialSecurityCard struct {
	fact.Provenance
	State    string // NONE MAKING ACTIVE
	Bank     string
	IssuedOn *workday.Day
}

// ArmyRelation is an insurance relation that the army hands over.
type ArmyRelation struct {
	fact.Provenance
	Kind          string // PENSION MEDICAL ANNUITY
	VoucherNo     string
	Months        int // with AmountFen: zero beside a voucher is not known, else it is none
	AmountFen     int64
	Transferred   bool
	TransferredOn *workday.Day
}

// Employment is an entry of the employment register.
type Employment struct {
	fact.Provenance
	Status string
	Since  *workday.Day
}

// Training is a course.
type Training struct {
	fact.Provenance
	Trade, Institution string
	State              string // SIGNED_UP ATTENDING COMPLETED LEFT
	BeganOn, EndedOn   *workday.Day
	Hours              int // of teaching; zero where its institution has not said
}

// Guidance is a session of job or start-up guidance.
type Guidance struct {
	fact.Provenance
	Kind    string // JOB STARTUP
	HeldOn  workday.Day
	Outcome string
}

// TrainingSubsidy is money towards training.
type TrainingSubsidy struct {
	fact.Provenance
	AmountFen int64
	State     string // APPROVED PAID
	PaidOn    *workday.Day
}

// EconomicSubsidy is the one-off local subsidy.
type EconomicSubsidy struct {
	fact.Provenance
	AmountFen          int64
	Years              float64
	State              string // APPROVED PAID RETURNED
	ApprovedOn, PaidOn *workday.Day
}

// PreferentialCard is the preferential card (优待证).
type PreferentialCard struct {
	fact.Provenance
	State    string // MAKING ACTIVE CANCELLED
	Bank     string
	IssuedOn *workday.Day
}

// PensionRelation is the disability pension relation and where it lies.
type PensionRelation struct {
	fact.Provenance
	State      string // WITH_ARMY RECEIVED
	Grade      string
	ReceivedOn *workday.Day
}

// The household entries and enrolment branches by their codes.
const (
	Prior      = "PRIOR"
	Current    = "CURRENT"
	Cancelled  = "CANCELLED"
	Registered = "REGISTERED"
	None       = "NONE"
	Active     = "ACTIVE"
	Social     = "SOCIAL"
	Pension    = "PENSION"
	Medical    = "MEDICAL"
	Annuity    = "ANNUITY"
)
