package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// copyTables is where what the record holds of a person stands in their copy: the
// type of the graph that has it, or, after "-", why it is not there. Every table with
// a person or a case in it is here; tests read the tables themselves.
var copyTables = map[string]string{
	"veterans": "Veteran", "backgrounds": "Background", "contacts": "Contact", "household_entries": "HouseholdEntry", "identity_cards": "IdentityCard",
	"service_periods": "ServicePeriod", "ranks": "Rank", "awards": "Award", "discharges": "Discharge", "settlements": "Settlement", "disabilities": "Disability",
	"employment_records": "EmploymentRecord", "trainings": "Training", "guidances": "Guidance", "training_subsidies": "TrainingSubsidy",
	"enrolments": "Enrolment", "social_security_cards": "SocialSecurityCard", "army_relations": "ArmyRelation",
	"economic_subsidies": "EconomicSubsidy", "preferential_cards": "PreferentialCard", "pension_relations": "PensionRelation", "sayings": "Element",
	"case_files": "Case", "items": "Item", "materials": "CaseMaterial", "events": "TimelineEntry", "pre_reviews": "PreReview", "corrections": "Correction",
	"pauses": "ClockPause", "obligations": "Obligation", "appointments": "Appointment", "mandates": "Mandate", "ratings": "Rating",
	"notifications": "Notification", "disputes": "Dispute", "subsidies": "Subsidy", "consents": "Consent", "identity_checks": "IdentityCheck", "receipts": "ReadReceipt", "receipt_persons": "ReadReceipt",
	"payment_lines": "Subsidy",
	"tasks":         "- given to a named officer; what became of the matter stands in the case",
	"violations":    "- names the officer who answers for it, and is for those who supervise",
	"announcements": "- tells a partner that something has changed, and no value; what partners read is among the reads",
}

// copySealed is where the values that the record keeps sealed stand in the copy, by
// table and column: a field of the graph, a part below, or, after "-", why not.
var copySealed = map[string]string{ //nolint:gosec // names of columns, no credentials
	"veterans.citizen_sealed": "Veteran.citizenNumber", "contacts.mobile_sealed": "Contact.mobile",
	"contacts.address_sealed": "Element.value", "household_entries.address_sealed": "Element.value", "discharges.cert_no_sealed": "Element.value",
	"disabilities.cert_no_sealed": "Element.value", "sayings.value_sealed": "ElementWord.value",
	"case_files.draft_sealed": "DraftAnswer.value", "case_files.answers_sealed": "ItemAnswer.value", "case_files.plan_sealed": "Case.plan",
	"ratings.words_sealed": "Rating.words", "disputes.claim_sealed": "Dispute.claim",
	"items.outputs_sealed": "部门返回的内容", "corrections.answers_sealed": "补正时填写的内容", "payment_lines.account_sealed": "收款账户",
	"notifications.secret_sealed": "- a code that confirms a mandate: whoever finds the file could use it",
}

// copyOpened are parts that no field of the graph shows whole: how the person's rows
// are found, and the field under which their reading is kept.
var copyOpened = []struct {
	column, where, read string
	unpack              func(plain []byte, to any) error
}{
	{"items.outputs_sealed", "veteran_id = $1", "ItemAnswer.value", casefile.Unpack},
	{"corrections.answers_sealed", "case_id IN (SELECT id FROM case_files WHERE veteran_id = $1)", "ItemAnswer.value", casefile.Unpack},
	{"payment_lines.account_sealed", "subsidy_id IN (SELECT id FROM subsidies WHERE veteran_id = $1)", "Subsidy.accountTail", json.Unmarshal},
}

// copyAccount are the data elements that an account is made of.
var copyAccount = map[string]string{"holder": "bankAccountName", "bank": "bankName", "number": "bankAccountNo"}

// opened writes the parts that the graph does not show whole. They are read as the
// hub, of this person alone, after [Hub.mayCopy]; their reads are kept first.
func (c *copying) opened(ctx context.Context) error {
	v := access.From(ctx)
	for _, part := range copyOpened {
		rows, err := c.hub.sealedOf(ctx, part.column, part.where, v.Self)
		if err != nil {
			return err
		}
		if len(rows) > 0 && c.hub.receipting() {
			if err := c.hub.Receipts.Append(ctx, v, []receipt.Read{{VeteranID: v.Self, Fields: []string{part.read}}}); err != nil {
				return err
			}
		}
		var b bytes.Buffer
		b.WriteString(",\n")
		writeWord(&b, copySealed[part.column])
		b.WriteByte(':')
		if err := c.named(rows, part.unpack, &b); err != nil {
			return fmt.Errorf("%s: %w", part.column, err)
		}
		if err := c.write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// openedRow is one sealed value, opened.
type openedRow struct {
	id    string
	plain []byte
}

// sealedOf are the values of one sealed column that are a person's, oldest first.
func (h *Hub) sealedOf(ctx context.Context, name, where, person string) (rows []openedRow, err error) {
	all := sealedColumns()
	at := slices.IndexFunc(all, func(c vault.Column) bool { return c.Table+"."+c.Name == name })
	col := all[at]
	err = h.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		query := fmt.Sprintf("SELECT id, %s FROM %s WHERE length(%s) > 0 AND %s ORDER BY id", col.Name, col.Table, col.Name, where)
		return p.Each(ctx, query, []any{person}, func(scan func(...any) error) error {
			var id string
			var sealed []byte
			if err := scan(&id, &sealed); err != nil {
				return err
			}
			plain, err := h.Vault.Open(sealed, col.Bind([]string{id}))
			if err != nil {
				return fmt.Errorf("row %s: %w", id, err)
			}
			rows = append(rows, openedRow{id, plain})
			return nil
		})
	})
	return rows, err
}

// named writes opened values under the names of their data elements.
func (c *copying) named(rows []openedRow, unpack func([]byte, any) error, b *bytes.Buffer) error {
	b.WriteByte('[')
	for i, r := range rows {
		var has map[string]json.RawMessage
		if err := unpack(r.plain, &has); err != nil {
			return fmt.Errorf("row %s: %w", r.id, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"编号":`)
		writeWord(b, r.id)
		for _, key := range sortedKeys(has) {
			label, id := key, cmp.Or(copyAccount[key], key)
			if f := c.hub.catalog.Field(id); f != nil {
				label = f.Name.Zh + "（" + id + "）"
			}
			b.WriteByte(',')
			writeWord(b, label)
			b.WriteByte(':')
			b.Write(has[key])
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	return nil
}
