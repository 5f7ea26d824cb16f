package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

type readReceipts struct {
	Veteran struct {
		ReadReceipts struct {
			Nodes []struct {
				ID         string
				Reader     struct{ Kind string }
				Fields     []struct{ Coordinate string }
				CaseNumber *string
				Proof      string
			}
		}
	}
}

// What a clerk is sent of a veteran, the veteran is told, field by field, and can
// prove it to somebody else.
func TestReadReceipts(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), nil)
	id := k.heroes[0]
	var anything struct{}
	k.get("clerk", `query($id: ID!) { veteran(id: $id) { name citizenNumber identity { background { political } } serviceHistory { disability { grade } ranks { rank } discharge { category } } } }`,
		map[string]any{"id": id}, &anything)
	var out readReceipts
	k.get("veteran0", `query($id: ID!) { veteran(id: $id) { readReceipts { nodes { id reader { kind } fields { coordinate name { zh en } } caseNumber proof } } } }`, map[string]any{"id": id}, &out)
	if len(out.Veteran.ReadReceipts.Nodes) != 1 {
		t.Fatalf("%+v", out)
	}
	one := out.Veteran.ReadReceipts.Nodes[0]
	var fields []string
	for _, f := range one.Fields {
		fields = append(fields, f.Coordinate)
	}
	for _, must := range []string{"Veteran.citizenNumber", "Background.political", "Discharge.category", "ServiceHistory.ranks"} {
		if !strings.Contains(strings.Join(fields, " "), must) {
			t.Errorf("%v lack %s", fields, must)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, k.public+one.Proof, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+k.token("veteran0"))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", res.StatusCode, body, err)
	}
	p, err := receipt.ParseProof(body)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _, err := p.Check(k.hub.Receipts.Key())
	if err != nil || leaf.Kind != "CLERK" || strings.Join(leaf.Fields, " ") != strings.Join(fields, " ") {
		t.Errorf("%+v, %v", leaf, err)
	}
	if b, err := json.Marshal(leaf); err != nil || strings.Contains(string(b), id) {
		t.Errorf("the leaf names %s: %s", id, b)
	}
}
