// Package subsidy brings the one-off economic subsidy (一次性经济补助金) from approval to the person's account, once.
//
// Approval and payment are two events (安置条例 23): when the matter is granted the
// amount is reckoned by parameters (subsidy.yaml), step by step, and the grant is
// APPROVED; its payment is put on the roll (花名册) of its division and month, which
// goes to the finance department and from there to the bank: PUSHED. The bank says
// of each line that it is PAID or RETURNED. A returned one waits for another
// account and goes onto a later roll, as another line.
//
// Every step is a job of the queue, made in the transaction of the step before.
// What is pushed never changes: a roll is closed first, and a line pins amount and
// account. So a roll may be pushed any number of times, and each line is known at
// the bank by its own ID, which is paid once. A new line for the same grant comes
// about only when the bank has said of the one before that the money came back.
package subsidy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/subsidy"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Desk keeps the subsidies.
type Desk struct {
	Store      *store.Store
	Profile    *profile.Profile
	Vault      *vault.Vault
	Catalog    func() *catalog.Catalog // the one in force
	Divisions  form.Divisions
	Calendar   func() *workday.Calendar
	Parameters *Parameters
	Cases      Cases
	Queue      Queue
	Ports      Ports // to who pays; one that is not connected leaves rolls where they are
	Callback   func() string
	Tasks      Tasks               // nil: nobody is given a task
	Tell       Teller              // nil: nobody is told
	Changed    func(caseID string) // after a commit; nil: nobody follows cases
	Gather     time.Duration       // so long a roll takes lines after its first
	Now        func() time.Time
	Log        zerolog.Logger
}

// Cases knows what was answered in the case of an item, with what its results added.
type Cases interface {
	Particulars(ctx context.Context, itemID string) (*gen.Item, map[string]any, error)
}

// Queue takes jobs within the transaction that makes them.
type Queue interface {
	Insert(ctx context.Context, tx store.Tx, jobs ...river.JobArgs) error
}

// Ports are the PUSH ports of who takes rolls and who pays (port.Registry).
type Ports interface {
	PushPort(department, matter string) *catalog.Port // nil: there is none with an address
	Push(ctx context.Context, portID string, b port.Batch) (port.Receipt, error)
	Outcomes(ctx context.Context, portID string, lines []string) (map[string]port.Outcome, error)
}

// Tasks gives a named person something to see to (supervision.Office).
type Tasks interface {
	Raise(ctx context.Context, tx store.Tx, c supervision.Concern) (taskID string, err error)
}

// Teller takes what people are to be told once the transaction commits.
type Teller interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
}

// Account is where money goes.
type Account struct {
	Holder string `json:"holder"`
	Bank   string `json:"bank"` // code of the catalogue's list
	Number string `json:"number"`
}

// String keeps people out of logs.
func (Account) String() string { return "an account" }

// GoString keeps people out of logs.
func (Account) GoString() string { return "an account" }

// Granted takes note that an item was granted, in the transaction that grants it.
// Items of other matters are passed over.
func (d *Desk) Granted(ctx context.Context, tx store.Tx, it *gen.Item) error {
	if it.Matter != d.Parameters.Matter || d.Queue == nil {
		return nil
	}
	return d.Queue.Insert(ctx, tx, Grant{Item: it.ID})
}

// Approve reckons the amount of an item that was granted and puts it on a roll.
// Once that has been done it changes nothing. What cannot be reckoned becomes a
// task of a named person.
func (d *Desk) Approve(ctx context.Context, itemID string) error {
	ctx = access.AsMachine(ctx, machine)
	if there, err := d.Store.Read.Subsidy.Query().Where(subsidy.ItemID(itemID)).Exist(ctx); err != nil || there {
		return err
	}
	it, answers, err := d.Cases.Particulars(ctx, itemID)
	if err != nil {
		return err
	}
	amount, err := d.Parameters.Reckon(factsOf(answers))
	to := accountOf(answers)
	if err == nil && (to.Number == "" || to.Holder == "") {
		err = errors.New("the case names no account")
	}
	if err != nil {
		return d.stuck(ctx, it, itemID, "补助金无法计发，请核对服役时间、人员类别、安置地和账户："+err.Error())
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockCase(ctx, it.CaseID); err != nil {
			return err
		}
		if there, err := tx.Ent.Subsidy.Query().Where(subsidy.ItemID(itemID)).Exist(ctx); err != nil || there {
			return err
		}
		now := d.Now().UTC()
		s, err := tx.Ent.Subsidy.Create().SetID(store.NewID()).SetVeteranID(it.VeteranID).SetCaseID(it.CaseID).SetItemID(it.ID).SetMatter(it.Matter).
			SetDepartment(it.Department).SetDivision(it.Division).SetAmountFen(amount.Fen).SetMonths(amount.Months).SetReckoning(amount.Steps).
			SetApprovedAt(now).Save(ctx)
		if err != nil {
			return fmt.Errorf("approve a subsidy: %w", err)
		}
		if err := d.enrol(ctx, tx, s, to); err != nil {
			return err
		}
		return d.happened(ctx, tx, s, "", subsidy.StateAPPROVED, "")
	})
	d.changed(it.CaseID, err)
	return err
}

const machine = "subsidy"

func (d *Desk) changed(caseID string, err error) {
	if err == nil && d.Changed != nil {
		d.Changed(caseID)
	}
}

// stuck gives a named person of the department what the machine cannot go on with.
func (d *Desk) stuck(ctx context.Context, it *gen.Item, subject, words string) error {
	d.Log.Warn().Str("item", it.ID).Msg("a subsidy needs a person's look")
	if d.Tasks == nil {
		return nil
	}
	return d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := d.Tasks.Raise(ctx, tx, supervision.Concern{
			Kind: task.KindCONTRADICTION, Subject: subject, CaseID: it.CaseID, ItemID: it.ID, Department: it.Department, Division: it.Division,
			Words: words, Workdays: d.Parameters.Roll.LookWorkdays,
		})
		return err
	})
}

// happened writes the journal, tells the person and brings the profile up to date.
// s is the row as it now stands.
func (d *Desk) happened(ctx context.Context, tx store.Tx, s *gen.Subsidy, from subsidy.State, to subsidy.State, reason string) error {
	now := d.Now().UTC()
	kind := "SUBSIDY_" + string(to)
	if from == subsidy.StateRETURNED && to == subsidy.StateAPPROVED {
		kind = "SUBSIDY_ACCOUNT_CORRECTED"
	}
	err := journal.Write(ctx, tx, journal.Entry{CaseID: s.CaseID, ItemID: s.ItemID, Matter: s.Matter, Kind: kind, From: string(from), To: string(to), Reason: reason, At: now})
	if err != nil {
		return err
	}
	if d.Tell != nil {
		facts := map[string]string{"department": s.Department}
		if to == subsidy.StateRETURNED {
			r := d.Parameters.returned(reason)
			facts["words"] = r.Zh + " " + r.En
		}
		if s.PaidOn != nil {
			facts["due"] = s.PaidOn.String()
		}
		notice := notify.Notice{VeteranID: s.VeteranID, CaseID: s.CaseID, ItemID: s.ItemID, Matter: s.Matter, Division: s.Division, Kind: kind, Facts: facts}
		if err := d.Tell.Tell(ctx, tx, notice); err != nil {
			return err
		}
	}
	return d.record(ctx, tx, s, to, now)
}

// record writes the profile. There a payment under way is still only approved.
func (d *Desk) record(ctx context.Context, tx store.Tx, s *gen.Subsidy, to subsidy.State, now time.Time) error {
	if to == subsidy.StatePUSHED {
		return nil
	}
	source, basis := s.Department, d.Parameters.Basis
	if to != subsidy.StateAPPROVED {
		source, basis = d.Parameters.Bank, "银行付款回单"
	}
	approved := workday.FromTime(s.ApprovedAt)
	return d.Profile.RecordSubsidy(access.AsMachine(ctx, machine), tx, s.VeteranID, profile.EconomicSubsidy{
		Provenance: fact.Provenance{Source: source, AsOf: now, Basis: basis},
		AmountFen:  s.AmountFen, Years: float64(s.Months) / 12, State: string(to), ApprovedOn: &approved, PaidOn: s.PaidOn,
	})
}

// factsOf reads what the reckoning needs from the answers of a case. What is
// missing or of another form stays empty, and the reckoning says so.
func factsOf(answers map[string]any) Facts {
	f := Facts{Category: text(answers["personnelCategory"]), Division: text(answers["settlementDivision"])}
	if from, err := workday.ParseDay(text(answers["enlistDate"])); err == nil {
		f.Enlisted = from
	}
	if to, err := workday.ParseDay(text(answers["dischargeDate"])); err == nil {
		f.Discharged = to
	}
	switch list := answers["awards"].(type) {
	case []any:
		for _, a := range list {
			f.Awards = append(f.Awards, text(a))
		}
	case []string:
		f.Awards = list
	}
	return f
}

func accountOf(answers map[string]any) Account {
	return Account{Holder: text(answers["bankAccountName"]), Bank: text(answers["bankName"]), Number: text(answers["bankAccountNo"])}
}

func text(v any) string { s, _ := v.(string); return s }

func (d *Desk) seal(lineID string, a Account) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("seal an account: %w", err)
	}
	return d.Vault.Seal(plain, bind(lineID)), nil
}

func (d *Desk) open(lineID string, sealed []byte) (a Account, err error) {
	plain, err := d.Vault.Open(sealed, bind(lineID))
	if err != nil {
		return a, fmt.Errorf("open an account: %w", err)
	}
	if err := json.Unmarshal(plain, &a); err != nil {
		return a, fmt.Errorf("read an account: %w", err)
	}
	return a, nil
}

func bind(lineID string) string { return "payment_lines:account:" + lineID }

// Get returns one subsidy that the viewer may see. Faults: SUBSIDY_NOT_FOUND, for a
// stranger's too.
func (d *Desk) Get(ctx context.Context, id string) (*gen.Subsidy, error) {
	s, err := d.Store.Read.Subsidy.Query().Where(subsidy.ID(id)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "SUBSIDY_NOT_FOUND", "没有找到这笔补助金。", "There is no such subsidy.").At("input", "subsidyId")
	} else if err != nil {
		return nil, fmt.Errorf("subsidy: %w", err)
	}
	return s, nil
}

// OfVeterans returns the subsidies of each veteran that the viewer may see, the newest first.
func (d *Desk) OfVeterans(ctx context.Context, veteranIDs []string) (map[string][]*gen.Subsidy, error) {
	rows, err := d.Store.Read.Subsidy.Query().Where(store.OneOf[predicate.Subsidy](subsidy.FieldVeteranID, veteranIDs)).
		Order(gen.Desc(subsidy.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("subsidies of %d veterans: %w", len(veteranIDs), err)
	}
	return store.Group(rows, func(s *gen.Subsidy) string { return s.VeteranID }), nil
}
