package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is a program under way.
type process struct {
	command *exec.Cmd
	out     *bufio.Scanner
	mu      sync.Mutex
	errs    bytes.Buffer
}

func begin(ctx context.Context, program string, args ...string) (*process, error) {
	p := &process{command: exec.CommandContext(ctx, program, args...)}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out, p.command.Stderr = bufio.NewScanner(out), p
	return p, p.command.Start()
}

// Write keeps the beginning of what the program complains of.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.errs.Len() < 10_000 {
		p.errs.Write(b)
	}
	return len(b), nil
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errs.String()
}

// line is the next that the program prints.
func (p *process) line(ctx context.Context) (string, error) {
	if p.out.Scan() {
		return p.out.Text(), nil
	}
	return "", errors.Join(errors.New("it ended: "+p.said()), p.out.Err(), ctx.Err())
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait() // it was killed, which is an error
}

// ticks a second of the kernel's accounts (USER_HZ), on every Linux that Go runs on.
const ticks = 100

// used is the processor time that the process has had so far, and the memory it holds.
func (p *process) used() (time.Duration, int64, error) {
	folder := "/proc/" + strconv.Itoa(p.command.Process.Pid)
	text, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return 0, 0, fmt.Errorf("processor time is read from /proc, as Linux has it: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the program's name
	f := strings.Fields(rest)
	if len(f) < 22 {
		return 0, 0, errors.New("/proc tells something else")
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	pages, err3 := strconv.ParseInt(f[21], 10, 64)
	return time.Duration(user+system) * time.Second / ticks, pages * int64(os.Getpagesize()), errors.Join(err1, err2, err3)
}

// complete runs a program to its end.
func complete(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}
