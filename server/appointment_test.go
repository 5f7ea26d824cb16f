package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/rating"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// everything is what a hero submits who files all that they may.
func (k *talk) everything(hero int) map[string]any {
	k.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/dev/personas", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1:8080"
	w := httptest.NewRecorder()
	k.hub.Handler().ServeHTTP(w, r)
	var offer struct{ Heroes []struct{ Answers []any } }
	if err := json.Unmarshal(w.Body.Bytes(), &offer); err != nil {
		k.t.Fatal(err)
	}
	return map[string]any{"idempotencyKey": "everything-1", "veteranId": k.heroes[hero], "answers": offer.Heroes[hero].Answers}
}

// fileAll submits everything that a hero may file and answers the case.
func (k *talk) fileAll(hero int) string {
	k.t.Helper()
	var out struct {
		SubmitCase struct {
			Case     *struct{ ID string }
			Problems []any
		}
	}
	k.get(fmt.Sprintf("veteran%d", hero), `mutation($i: SubmitCaseInput!) { submitCase(input: $i) { case { id } problems { field reason } } }`,
		map[string]any{"i": k.everything(hero)}, &out)
	if out.SubmitCase.Case == nil {
		k.t.Fatal(out.SubmitCase.Problems)
	}
	return out.SubmitCase.Case.ID
}

// refused asks for something and wants a fault with a reason.
func (k *talk) refused(as, query, reason string, variables map[string]any) {
	k.t.Helper()
	if _, b := k.ask(as, k.public+"/graphql", query, variables); !bytes.Contains(b, []byte(`"reason":"`+reason+`"`)) {
		k.t.Errorf("as %s: %s, want %s", as, b, reason)
	}
}

type place struct {
	ID, Day, Starts, Ends, State, Window string
	Division                             struct{ Name string }
	Name                                 struct{ Zh string }
	Matters, Bring                       []struct{ Code string }
	Case                                 struct{ ID string }
}

const placeFields = `{ id day starts ends state window name { zh } division { name } matters { code } bring { code } case { id } }`

// One visit for every step in person: proposed, booked, moved, seen, cancelled.
func TestAppointmentByGraphQL(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	id := k.fileAll(0)
	const options = `query($id: ID!, $from: Date) { appointmentOptions(input: {caseId: $id, from: $from, workdays: 2}) {
		visits { window name { zh } division { name } matters { code } bring { code } notBefore slots { id day starts ends capacity left } } } }`
	var offer struct {
		AppointmentOptions struct {
			Visits []struct {
				Window, NotBefore string
				Name              struct{ Zh string }
				Division          struct{ Name string }
				Matters, Bring    []struct{ Code string }
				Slots             []struct {
					ID, Day, Starts, Ends string
					Capacity, Left        int
				}
			}
		}
	}
	k.get("veteran0", options, map[string]any{"id": id}, &offer)
	if len(offer.AppointmentOptions.Visits) != 1 {
		t.Fatalf("%+v", offer)
	}
	v := offer.AppointmentOptions.Visits[0]
	if v.Window != "police-desk" || v.Division.Name != "道里区" || fmt.Sprint(v.Matters) != "[{M04} {M05}]" || len(v.Bring) == 0 || v.NotBefore != "2026-11-25" ||
		len(v.Slots) != 22 || v.Slots[0].Day != "2026-11-25" || v.Slots[0].Starts != "09:00" || v.Slots[0].Ends != "09:30" || v.Slots[0].Left != v.Slots[0].Capacity {
		t.Errorf("%+v", v)
	}
	k.refused("veteran1", options, "CASE_NOT_FOUND", map[string]any{"id": id})
	k.refused("officer-ps", options, "NOT_ALLOWED", map[string]any{"id": id})
	k.refused("", options, "SIGN_IN", map[string]any{"id": id})

	const book = `mutation($c: ID!, $s: ID!, $k: String!) { bookAppointment(input: {caseId: $c, slotId: $s, idempotencyKey: $k}) { appointment ` + placeFields + ` } }`
	var got struct {
		BookAppointment, MoveAppointment, CancelAppointment struct{ Appointment place }
	}
	wish := map[string]any{"c": id, "s": v.Slots[0].ID, "k": "the-booking"}
	for range 2 {
		k.get("veteran0", book, wish, &got)
	}
	a := got.BookAppointment.Appointment
	if a.State != "BOOKED" || a.Day != "2026-11-25" || a.Starts != "09:00" || a.Ends != "09:30" || a.Name.Zh != v.Name.Zh || a.Division.Name != "道里区" ||
		len(a.Matters) != 2 || len(a.Bring) != len(v.Bring) || a.Case.ID != id {
		t.Errorf("%+v", a)
	}
	k.refused("veteran0", book, "APPOINTMENT_EXISTS", map[string]any{"c": id, "s": v.Slots[1].ID, "k": "another-one"})
	if _, b := k.ask("clerk", k.public+"/graphql", book, wish); !bytes.Contains(b, []byte(`"code":"FORBIDDEN"`)) {
		t.Errorf("a clerk without a mandate: %s", b)
	}

	const move = `mutation($a: ID!, $s: ID!) { moveAppointment(input: {appointmentId: $a, slotId: $s}) { appointment ` + placeFields + ` } }`
	k.get("veteran0", move, map[string]any{"a": a.ID, "s": v.Slots[21].ID}, &got)
	if m := got.MoveAppointment.Appointment; m.ID != a.ID || m.Day != "2026-11-26" || m.Starts != "16:00" {
		t.Errorf("%+v", m)
	}
	k.refused("veteran1", move, "APPOINTMENT_NOT_FOUND", map[string]any{"a": a.ID, "s": v.Slots[2].ID})

	var seen struct {
		Case struct {
			Appointments []place
			Timeline     []struct{ Kind string }
		}
		Veteran struct{ Appointments []place }
	}
	k.get("veteran0", `query($c: ID!, $v: ID!) { case(id: $c) { appointments `+placeFields+` timeline { kind } } veteran(id: $v) { appointments `+placeFields+` } }`,
		map[string]any{"c": id, "v": k.heroes[0]}, &seen)
	if len(seen.Case.Appointments) != 1 || len(seen.Veteran.Appointments) != 1 || seen.Veteran.Appointments[0].ID != a.ID {
		t.Errorf("%+v", seen)
	}
	if kinds := fmt.Sprint(seen.Case.Timeline); !strings.Contains(kinds, "APPOINTMENT_BOOKED") || !strings.Contains(kinds, "APPOINTMENT_MOVED") {
		t.Error(kinds)
	}
	k.get("veteran0", `mutation($a: ID!) { cancelAppointment(input: {appointmentId: $a}) { appointment `+placeFields+` } }`, map[string]any{"a": a.ID}, &got)
	if got.CancelAppointment.Appointment.State != "CANCELLED" {
		t.Errorf("%+v", got.CancelAppointment)
	}
}

// A bad grade, the department's reply, and the person's last word.
func TestRatingByGraphQL(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	machine := access.AsMachine(t.Context(), "test")
	rated := k.hub.Store.Read.Rating.Query().Select(rating.FieldCaseID).StringsX(machine)
	it, err := k.hub.Store.Read.Item.Query().Where(item.StateIn(lifecycle.ItemApproved, lifecycle.ItemDelivered), item.CaseIDNotIn(rated...)).WithCase().
		Order(item.ByID()).First(machine)
	if err != nil {
		t.Fatal(err)
	}
	c := it.Edges.Case
	k.heroes = append(k.heroes, c.VeteranID)
	person := fmt.Sprintf("veteran%d", len(k.heroes)-1)
	const rate = `mutation($c: ID!, $m: ID!, $g: RatingGrade!, $w: String) { rateCase(input: {caseId: $c, ratings: [{matter: $m, grade: $g, words: $w}]}) {
		case { rating { id matter { code } department { code } round grade words reply repliedAt } } } }`
	var out struct {
		RateCase struct {
			Case struct {
				Rating []struct {
					ID, Grade          string
					Round              int
					Words, Reply       *string
					Matter, Department struct{ Code string }
				}
			}
		}
	}
	k.get(person, rate, map[string]any{"c": c.ID, "m": it.Matter, "g": "DISSATISFIED", "w": "跑了两趟"}, &out)
	rows := out.RateCase.Case.Rating
	if len(rows) != 1 || rows[0].Grade != "DISSATISFIED" || rows[0].Round != 1 || rows[0].Words == nil || *rows[0].Words != "跑了两趟" ||
		rows[0].Matter.Code != it.Matter || rows[0].Department.Code != it.Department {
		t.Fatalf("%+v", rows)
	}
	k.refused(person, rate, "RATING_AWAITS_REPLY", map[string]any{"c": c.ID, "m": it.Matter, "g": "SATISFIED"})
	k.refused("veteran0", rate, "CASE_NOT_FOUND", map[string]any{"c": c.ID, "m": it.Matter, "g": "SATISFIED"})
	k.refused("clerk", rate, "NOT_ALLOWED", map[string]any{"c": c.ID, "m": it.Matter, "g": "SATISFIED"})

	const read = `query($c: ID!) { case(id: $c) { rating { grade words } } }`
	officer := "officer-" + strings.ToLower(it.Department)
	for as, words := range map[string]string{"clerk": `"words":null`, officer: `"words":"跑了两趟"`} {
		if _, b := k.ask(as, k.public+"/graphql", read, map[string]any{"c": c.ID}); !bytes.Contains(b, []byte(words)) {
			t.Errorf("as %s: %s", as, b)
		}
	}
	const reply = `mutation($r: ID!) { replyRating(input: {ratingId: $r, words: "已上门补办。"}) { rating { reply repliedAt } } }`
	k.refused(person, reply, "NOT_ALLOWED", map[string]any{"r": rows[0].ID})
	k.get(officer, reply, map[string]any{"r": rows[0].ID}, &struct{}{})
	k.get(person, rate, map[string]any{"c": c.ID, "m": it.Matter, "g": "VERY_SATISFIED"}, &out)
	if rows = out.RateCase.Case.Rating; len(rows) != 2 || rows[1].Round != 2 || rows[1].Grade != "VERY_SATISFIED" || rows[0].Reply == nil || *rows[0].Reply != "已上门补办。" {
		t.Errorf("%+v", rows)
	}
	k.refused(person, rate, "RATING_EXISTS", map[string]any{"c": c.ID, "m": it.Matter, "g": "SATISFIED"})
}
