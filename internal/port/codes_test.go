package port_test

import (
	"reflect"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Codes are theirs on the way out and ours on the way in; what they must have is
// there, or nothing is sent.
func TestCodesBothWays(t *testing.T) {
	c := small()
	codes := map[string]map[string]string{"name": {"王": "W"}, "awards": {"FIRST": "1", "SECOND": "2"}}
	for _, p := range c.Ports {
		p.Codes = codes
	}
	submit := c.Ports[0]
	submit.Constants, submit.Require = map[string]string{"LX": "1"}, []string{"XM"}
	n := port.NamesOf(c, "PS")
	sent, err := n.Send("M04", map[string]any{"name": "王"})
	if want := map[string]any{"XM": "W", "XM2": "W", "LX": "1"}; err != nil || !reflect.DeepEqual(sent, want) {
		t.Errorf("sent %v, %v, want %v", sent, err, want)
	}
	for name, answers := range map[string]map[string]any{"a code of nobody": {"name": "李"}, "what must be there": {"months": 3}, "nothing": {"name": ""}} {
		if _, err := n.Send("M04", answers); fault.Of(err).Reason != "DEPARTMENT_REFUSED" {
			t.Errorf("%s: %v", name, err)
		}
	}
	facts, err := n.Facts("ps.who", map[string]any{"XM": "W", "LG": []any{"2", "1"}})
	if want := (catalog.Facts{"name": "王", "awards": []string{"SECOND", "FIRST"}}); err != nil || !reflect.DeepEqual(facts, want) {
		t.Errorf("facts %v, %v, want %v", facts, err, want)
	}
	if _, err := n.Facts("ps.who", map[string]any{"XM": "L"}); err == nil {
		t.Error("a code that nobody knows was taken")
	}
}
