package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/vetgraph/vetgraph/internal/citizen"
)

// from is the provenance of a row t.
const from = `'provenance', json_build_object('source', json_build_object('code', t.source), 'asOf', t.as_of, 'basis', t.basis)`

// at is the division of a row t.
const at = `'division', (SELECT json_build_object('code', d.id, 'name', d.name) FROM divisions d WHERE d.id = t.division)`

// many and last are sub-selects of rows of a table about the veteran v: all, or the last.
func many(table, fields string) string {
	return fmt.Sprintf(`(SELECT coalesce(json_agg(json_build_object(%s) ORDER BY t.id), '[]') FROM %s t WHERE t.veteran_id = v.id)`, object(fields), table)
}

func last(table, fields string) string {
	return fmt.Sprintf(`(SELECT json_build_object(%s) FROM %s t WHERE t.veteran_id = v.id ORDER BY t.id DESC LIMIT 1)`, object(fields), table)
}

// object spells out "name=expression …"; a name alone is the column of that name,
// with a question mark a text that may be NULL and is then empty.
func object(fields string) string {
	var out []string
	for _, f := range strings.Fields(fields) {
		switch name, column, ok := strings.Cut(f, "="); {
		case f == "at":
			out = append(out, at)
		case !ok:
			out = append(out, "'"+f+"', t."+f)
		case strings.HasSuffix(column, "?"):
			out = append(out, "'"+name+"', coalesce(t."+strings.TrimSuffix(column, "?")+", '')")
		case strings.HasSuffix(column, "#"):
			out = append(out, "'"+name+"', coalesce(t."+strings.TrimSuffix(column, "#")+", 0)")
		default:
			out = append(out, "'"+name+"', t."+column)
		}
	}
	return strings.Join(append(out, from), ", ")
}

// wholeVeteran is one veteran with five domains in one statement. What is sealed
// comes beside the JSON.
var wholeVeteran = `SELECT v.id, v.citizen_sealed, c.mobile_sealed, json_build_object('id', v.id, 'name', v.name, 'sex', coalesce(v.sex, ''),
	'bornOn', v.born_on, 'synthetic', v.synthetic, ` + strings.ReplaceAll(at+", "+from, "t.", "v.") + `,
	'serviceHistory', json_build_object(
		'periods', ` + many("service_periods", "enlistedOn=enlisted_on leftOn=left_on branch=branch? unit=unit?") + `,
		'ranks', ` + many("ranks", "rank heldFrom=held_from") + `,
		'awards', ` + many("awards", "level awardedOn=awarded_on") + `,
		'discharge', ` + last("discharges", "dischargedOn=discharged_on category reason=reason? certType=cert_type?") + `,
		'settlement', ` + last("settlements", "mode at relocationReason=relocation_reason?") + `,
		'disability', ` + last("disabilities", "grade=grade nature=nature? authority=authority?") + `),
	'employmentSupport', json_build_object(
		'records', ` + many("employment_records", "status since") + `,
		'trainings', ` + many("trainings", "trade institution=institution? state beganOn=began_on endedOn=ended_on") + `,
		'guidance', ` + many("guidances", "kind heldOn=held_on outcome=outcome?") + `,
		'subsidies', ` + many("training_subsidies", "amountFen=amount_fen state paidOn=paid_on") + `),
	'insurance', json_build_object(
		'enrolments', ` + many("enrolments", "branch scheme=scheme? at state beforeService=before_service since") + `,
		'card', ` + last("social_security_cards", "state bank=bank? issuedOn=issued_on") + `,
		'armyRelations', ` + many("army_relations", "kind months=months# amountFen=amount_fen# transferred transferredOn=transferred_on") + `),
	'benefits', json_build_object(
		'economicSubsidy', ` + last("economic_subsidies", "amountFen=amount_fen# years=years# state approvedOn=approved_on paidOn=paid_on") + `,
		'preferentialCard', ` + last("preferential_cards", "state bank=bank? issuedOn=issued_on") + `,
		'pensionRelation', ` + last("pension_relations", "state grade=grade? receivedOn=received_on") + `))::text,
	json_build_object('ethnicity', coalesce(v.ethnicity, ''), 'marital', coalesce(v.marital, ''),
		'background', ` + last("backgrounds", "education=education? political=political?") + `,
		'householdEntries', ` + many("household_entries", "kind state at cancelledOn=cancelled_on registeredOn=registered_on policeStation=police_station?") + `,
		'identityCard', ` + last("identity_cards", "state validTo=valid_to longTerm=long_term") + `)::text,
	CASE WHEN c.id IS NULL THEN NULL ELSE json_build_object(` + strings.ReplaceAll(at+", "+from, "t.", "c.") + `)::text END
	FROM veterans v LEFT JOIN LATERAL (SELECT * FROM contacts c WHERE c.veteran_id = v.id ORDER BY c.id DESC LIMIT 1) c ON true
	WHERE v.id = $1 AND v.division >= $2 AND v.division <= $3`

// veteran answers POST /veteran {"id"}.
func (p *peer) veteran(ctx context.Context, w io.Writer, where span, body []byte) error {
	var in struct{ ID string }
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	var id, whole, identity string
	var contact *string
	var number, mobile []byte
	if err := p.pool.QueryRow(ctx, wholeVeteran, in.ID, where.lo, where.hi).Scan(&id, &number, &mobile, &whole, &identity, &contact); err != nil {
		return fmt.Errorf("veteran: %w", err)
	}
	plain, err := p.hub.Profile.Open("veterans", "citizen_sealed", id, number)
	if err != nil {
		return err
	}
	reach := "null"
	if contact != nil {
		text, err := p.hub.Profile.Open("contacts", "mobile_sealed", id, mobile)
		if err != nil {
			return err
		}
		if text = `"` + ends(text) + `"`; text == `""` {
			text = "null"
		}
		reach = `{"mobile":` + text + "," + (*contact)[1:]
	}
	_, err = fmt.Fprintf(w, `{"data":{"veteran":{"citizenNumber":%q,"identity":{"contact":%s,%s,%s}}`,
		citizen.Number(plain).Masked(), reach, identity[1:], whole[1:])
	return err
}

// ends keeps the ends of a number.
func ends(s string) string {
	r := []rune(s)
	if len(r) < 8 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-7) + string(r[len(r)-4:])
}
