package port_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

type nobody struct{ port.Line }

func kinds() map[string]port.Kind {
	return map[string]port.Kind{"test": func(port.Setup) (port.Line, error) { return nobody{}, nil }}
}

func TestNewRegistryReportsEveryMistake(t *testing.T) {
	c := small()
	other := *c.Ports[0]
	other.Department, other.Kind = "BIZ", "fax"
	c.Ports = append(c.Ports, &other)
	_, err := port.NewRegistry(c, map[string]port.Endpoint{
		"PS": {URL: "http://ps?x=1"}, "BIZ": {URL: "http://biz"}, "GONE": {URL: "http://gone"},
	}, kinds(), within(0))
	for _, want := range []string{"PS: its address", `BIZ: no port of kind "fax" is built in`, "GONE: neither a department nor a port of the catalogue"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	if _, err := port.NewRegistry(small(), map[string]port.Endpoint{"PS": {URL: "http://ps"}}, nil, within(0)); err == nil {
		t.Error("a kind that is not built in was accepted")
	}
}

func TestRegistryGet(t *testing.T) {
	r, err := port.NewRegistry(small(), map[string]port.Endpoint{"PS": {URL: "http://ps"}}, kinds(), within(0))
	if err != nil {
		t.Fatal(err)
	}
	if r.Gate("ps.submit") == nil {
		t.Error("PS has no gate")
	}
	biz := r.Get("BIZ")
	_, deliver := biz.Deliver(t.Context(), port.Delivery{})
	_, status := biz.Status(t.Context(), nil)
	_, withdraw := biz.Withdraw(t.Context(), "")
	_, lookup := biz.Lookup(t.Context(), nil)
	for _, err := range []error{deliver, status, withdraw, lookup} {
		if f := fault.Of(err); f.Kind != fault.Unavailable || f.Reason != "DEPARTMENT_NOT_CONNECTED" || f.Department != "BIZ" {
			t.Errorf("error %v", err)
		}
	}
}

func TestRegistryCallback(t *testing.T) {
	r, err := port.NewRegistry(small(), map[string]port.Endpoint{"PS": {URL: "http://ps", CallbackSecret: "s"}}, kinds(), within(0))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(body string) string { return port.SignCallback([]byte("s"), []byte(body), moment) }
	wrong := strings.Replace(approved, `"幸福路1号"`, `17`, 1)
	for _, c := range []struct{ name, department, header, body, reason string }{
		{"good", "PS", sign(approved), approved, ""},
		{"of nobody", "XX", sign(approved), approved, "DEPARTMENT_UNKNOWN"},
		{"unsigned", "PS", "", approved, "CALLBACK_SIGNATURE"},
		{"signed nonsense", "PS", sign("[]"), "[]", "CALLBACK_MALFORMED"},
		{"an output of the wrong type", "PS", sign(wrong), wrong, "CALLBACK_MALFORMED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := r.Callback(c.department, c.header, []byte(c.body))
			if c.reason != "" {
				if err == nil || fault.Of(err).Reason != c.reason {
					t.Fatalf("error %v, want %s", err, c.reason)
				}
				return
			}
			if err != nil || a.ItemID != "item-1" || a.Outputs["hukouAddress"] != "幸福路1号" || a.Number != "000000001" {
				t.Fatalf("answer %+v, error %v", a, err)
			}
		})
	}
}

func TestEndpointHidesItsSecrets(t *testing.T) {
	e := port.Endpoint{URL: "http://ps", Token: "hidden", CallbackSecret: "hidden"}
	if text := fmt.Sprintf("%v %+v %#v %s", e, e, e, e); strings.Contains(text, "hidden") {
		t.Errorf("printed as %s", text)
	}
}
