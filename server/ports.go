package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/contract"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// portCommand is what people who connect a department need.
type portCommand struct {
	Check   portCheck   `cmd:"" help:"Check a department's system against the contract, with invented people. 契约检查。"`
	Runbook portRunbook `cmd:"" help:"Print what a department's people need to connect it and keep it running, as Markdown. 接口手册。"`
}

type portRunbook struct {
	Department string `arg:"" help:"Code of the department. 部门代码。"`
}

// Run prints the runbook of a department.
func (p portRunbook) Run(s *session) error {
	h := &Hub{Config: s.Config}
	if err := h.openFiles(s.ctx); err != nil {
		return err
	}
	return contract.Runbook(s.out, h.catalog, strings.ToUpper(p.Department))
}

type portCheck struct {
	Department string        `arg:"" help:"Code of the department. 部门代码。"`
	Known      []string      `help:"Citizen numbers of people for tests in the department's registers. 登记在册的测试人员。" placeholder:"NUMBER"`
	Within     time.Duration `help:"Longest time for all checks. 最长用时。" default:"2m"`
}

// invented is in nobody's register: an address code that is not given out (GB/T 2260).
const invented = "999999199001010016"

// Run checks a department at the address that --endpoints gives. It needs neither
// keys nor a database, so that a department can run it without a hub.
func (p portCheck) Run(s *session) error {
	if s.Endpoints == "" {
		return errors.New("where is the department? add --endpoints FILE (需要 --endpoints 指明部门系统地址)")
	}
	h := &Hub{Config: s.Config}
	if err := h.openFiles(s.ctx); err != nil {
		return err
	}
	o := contract.Options{Run: fmt.Sprintf("%x", time.Now().UnixNano()), Callback: "http://127.0.0.1:9/check", Unknown: citizen.Number(invented)}
	for _, text := range p.Known {
		n, err := citizen.Parse(text)
		if err != nil {
			return errors.New("--known: not a citizen number (不是公民身份号码)") // the number itself is not repeated
		}
		o.Known = append(o.Known, n)
	}
	code := strings.ToUpper(p.Department)
	endpoints, err := readEndpoints(s.Endpoints, h.catalog, vault.Generate(), time.Now)
	if err != nil {
		return err
	}
	registry, err := port.NewRegistry(h.catalog, endpoints, kinds.All(), time.Now)
	if err != nil {
		return fmt.Errorf("department endpoints (部门系统地址):\n%w", err)
	}
	pushed := func(p *catalog.Port) bool {
		return p.Department == code && p.Operation == "PUSH" && registry.Connected(p.ID)
	}
	if !slices.Contains(registry.Departments(), code) && !slices.ContainsFunc(h.catalog.Ports, pushed) {
		return fmt.Errorf("%s names no address of %s (地址文件中没有该部门)", s.Endpoints, code)
	}
	ctx, cancel := context.WithTimeout(s.ctx, p.Within)
	defer cancel()
	o.Described, o.Payments = registry.Check(ctx, code), registry
	return report(s.out, code, contract.Check(ctx, h.catalog, code, registry.Get(code), o))
}

// report prints findings and fails if any is bad.
func report(w io.Writer, code string, all []contract.Finding) error {
	bad, last := 0, ""
	for _, f := range all {
		if f.Port != last {
			_, _ = fmt.Fprintf(w, "%s\n", f.Port)
			last = f.Port
		}
		if f.Err == nil {
			_, _ = fmt.Fprintf(w, "  ✓ %s %s\n", f.What.Zh, f.What.En)
			continue
		}
		bad++
		_, _ = fmt.Fprintf(w, "  ✗ %s %s\n    %v\n", f.What.Zh, f.What.En, f.Err)
	}
	_, _ = fmt.Fprintf(w, "%s：%d 项检查，%d 项不符。 %d checks, %d failed.\n", code, len(all), bad, len(all), bad)
	if bad > 0 {
		return fmt.Errorf("%s does not keep the contract (不符合契约)", code)
	}
	return nil
}
