package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience is how long a partner may take until it answers, and to end.
const patience = 30 * time.Second

// partner is a subgraph that runs as a process of its own.
type partner struct {
	name, listen, secret, data string

	make  func(ctx context.Context, to *terminal) (command []string, err error)
	url   string // where it answers, once it does
	ended chan struct{}
}

// start makes the program, runs it until running ends, and waits until it answers.
func (p *partner) start(signalled, running context.Context, to *terminal) error {
	command, err := p.make(signalled, to)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(running, command[0], append(command[1:], "--listen", p.listen, "--data", p.data)...) //nolint:gosec // our own programs
	cmd.Env = environment(p.name, p.secret)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	said := make(chan string, 1)
	cmd.Stderr = &lines{take: func(line string) {
		at := listening(line)
		if at == "" {
			to.say(p.name + " │ " + line)
			return
		}
		select {
		case said <- at:
		default: // it is known
		}
	}}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.ended = make(chan struct{})
	go func() {
		defer close(p.ended)
		if err := cmd.Wait(); running.Err() == nil && signalled.Err() == nil { // Ctrl-C at a terminal goes to everybody
			to.say(fmt.Sprintf("%s │ 已退出，其字段为空，直到重新启动。\n%s │ It ended (%v): its fields are null until it runs again.", p.name, p.name, err))
		}
	}()
	limit, cancel := context.WithTimeout(signalled, patience)
	defer cancel()
	select {
	case url := <-said:
		p.url = url
		return healthy(limit, url)
	case <-p.ended:
		return errors.New("it ended before it answered; its own words stand above")
	case <-limit.Done():
		return fmt.Errorf("it does not answer: %w", limit.Err())
	}
}

// wait waits for the end of a partner that was started.
func (p *partner) wait() {
	if p.ended != nil {
		<-p.ended
	}
}

// listening is the address in the line by which a partner says that it answers.
func listening(line string) string {
	var said struct{ Message, Address string }
	if json.Unmarshal([]byte(line), &said) != nil || said.Message != "listening" {
		return ""
	}
	return said.Address
}

func healthy(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/graphql")+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = fmt.Errorf("it is not well: %s", res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

// goProgram builds an example in Go.
func goProgram(work, name string) func(context.Context, *terminal) ([]string, error) {
	return func(ctx context.Context, to *terminal) ([]string, error) {
		program := filepath.Join(work, name+"-program")
		return []string{program}, to.run(ctx, ".", "go", "build", "-o", program, "./docs/examples/"+name)
	}
}

// errNoCourses says that the school's program cannot be made; without it the graph has gaps.
var errNoCourses = errors.New("there is no Node.js 18 or newer with npm, or nothing to fetch its packages from")

// nodeProgram builds the example in TypeScript, and fetches what it stands on the first time.
func nodeProgram(ctx context.Context, to *terminal) ([]string, error) {
	version, err := exec.CommandContext(ctx, "node", "--version").Output()
	var major int
	if _, wrong := fmt.Sscanf(string(version), "v%d.", &major); err != nil || wrong != nil || major < 18 {
		return nil, errNoCourses
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return nil, errNoCourses
	}
	folder := filepath.Join("docs", "examples", "courses")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		to.say("courses │ npm ci")
		if err := to.run(ctx, folder, "npm", "ci", "--ignore-scripts", "--loglevel=error"); err != nil {
			return nil, fmt.Errorf("%w\n%w", errNoCourses, err)
		}
	}
	return []string{"node", filepath.Join(folder, "dist", "main.js")}, to.run(ctx, folder, "npm", "run", "--silent", "build")
}
