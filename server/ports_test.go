package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/server"
)

// What a department runs before it joins: its addresses in a file, and no hub.
func TestPortCheck(t *testing.T) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f, err := department.Start(context.WithoutCancel(t.Context()), department.Config{Dir: t.TempDir(), Catalog: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	file := filepath.Join(t.TempDir(), "endpoints.json")
	write := func(at map[string]port.Endpoint) {
		t.Helper()
		all := map[string]map[string]string{}
		for key, e := range at {
			all[key] = map[string]string{"url": e.URL, "token": e.Token, "callbackSecret": e.CallbackSecret}
		}
		body, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	payers, err := department.StartPayers(context.WithoutCancel(t.Context()), department.PayersConfig{Dir: t.TempDir(), Catalog: c, Matter: "M02"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = payers.Close() })
	everybody := f.Endpoints()
	maps.Copy(everybody, payers.Endpoints())
	write(everybody)
	check := func(code string) (int, string) {
		var out, errs bytes.Buffer
		status := server.Main([]string{"port", "check", code, "--endpoints", file}, &out, &errs)
		return status, out.String() + errs.String()
	}
	for _, d := range append(f.Departments(), "FIN", "BANK") {
		if status, text := check(strings.ToLower(d)); status != 0 || strings.Contains(text, "：0 项检查") != (d == "BIZ") {
			t.Errorf("%s: %d\n%s", d, status, text)
		}
	}
	for code, kind := range map[string]string{"HSA": "SOAP 1.2", "HRSS": "SOAP 1.1", "MIL": "a published view"} { // those that describe themselves
		if _, text := check(code); !strings.Contains(text, "✓ 系统自己的接口描述与目录一致") {
			t.Errorf("%s, %s: its own description was not read\n%s", code, kind, text)
		}
	}
	other := f.Endpoints()
	elsewhere := other["hsa.medical-enrolment.submit"]
	elsewhere.URL = strings.Replace(elsewhere.URL, "/soap", "", 1) // JSON is spoken there
	for key := range other {
		if strings.HasPrefix(key, "hsa.") {
			other[key] = elsewhere
		}
	}
	write(other)
	if status, text := check("HSA"); status == 0 || !strings.Contains(text, "✗ 系统自己的接口描述与目录一致") {
		t.Errorf("a department without a description: %d\n%s", status, text)
	}
	write(f.Endpoints())
	if err := f.SetFault("HSA", department.Fault{ErrorRate: 1}); err != nil {
		t.Fatal(err)
	}
	if status, text := check("HSA"); status == 0 || !strings.Contains(text, "DEPARTMENT_FAILED") {
		t.Errorf("a broken department: %d\n%s", status, text)
	}
	write(map[string]port.Endpoint{"VA": f.Endpoints()["VA"]})
	if status, text := check("PS"); status == 0 || !strings.Contains(text, "no address of PS") {
		t.Errorf("a department without address: %d\n%s", status, text)
	}
	var out, errs bytes.Buffer
	if status := server.Main([]string{"port", "runbook", "bank"}, &out, &errs); status != 0 || !strings.Contains(out.String(), "bank.economic-subsidy.push") {
		t.Errorf("the bank's runbook: %d\n%s%s", status, out.String(), errs.String())
	}
	out.Reset()
	if status := server.Main([]string{"port", "runbook", "HRSS"}, &out, &errs); status != 0 || !strings.Contains(out.String(), "hrss.social-security-card.submit") || !strings.Contains(out.String(), "DEPARTMENT_GARBLED") || !strings.Contains(out.String(), "urn:hrss:yjs:1") || !strings.Contains(out.String(), "?wsdl") {
		t.Errorf("runbook: %d\n%s%s", status, out.String(), errs.String())
	}
}
