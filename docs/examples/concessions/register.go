package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// taking is one line of the register: who took up what, when, by which key.
type taking struct {
	At         time.Time `json:"at"`
	Veteran    string    `json:"veteran"` // the hub's opaque ID
	Concession string    `json:"concession"`
	Key        string    `json:"key"`
	sequence   int       // its line, from 1
}

func (t taking) number() string { return fmt.Sprintf("T%08d", t.sequence) }

// register is what was taken up, in a file to which lines are only ever added. A
// line is on the disk before anybody is told of it.
type register struct {
	mu      sync.Mutex
	file    *os.File
	lines   []taking
	byKey   map[[2]string]int // veteran and key → line
	byHave  map[[2]string]int // veteran and concession → line
	byWhom  map[string][]int  // veteran → lines
	holders map[string]int    // concession → people
	bell    chan struct{}     // closed with each new line
	broken  error             // the disk failed: nothing more is taken
}

// openRegister reads the file. A last line without its end was never acknowledged:
// it is cut off. Any other line that cannot be read is somebody's hand, and stops us.
func openRegister(name string) (*register, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	r := &register{file: f, byKey: map[[2]string]int{}, byHave: map[[2]string]int{}, byWhom: map[string][]int{}, holders: map[string]int{}, bell: make(chan struct{})}
	if err := errors.Join(r.read(), syncFolder(filepath.Dir(name))); err != nil {
		return nil, errors.Join(fmt.Errorf("register %s: %w", name, err), f.Close())
	}
	return r, nil
}

// syncFolder makes that a new file is there after a power cut too. Windows keeps names
// with their files and lets nobody do so.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (r *register) read() error {
	var whole int64
	for in := bufio.NewReader(r.file); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		var t taking
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&t); err != nil || t.Veteran == "" || t.Concession == "" {
			return fmt.Errorf("line %d cannot be read", len(r.lines)+1)
		}
		r.note(t)
		whole += int64(len(line))
	}
	if err := r.file.Truncate(whole); err != nil {
		return err
	}
	_, err := r.file.Seek(whole, io.SeekStart)
	return err
}

func (r *register) note(t taking) taking {
	t.sequence = len(r.lines) + 1
	r.lines = append(r.lines, t)
	r.byKey[[2]string{t.Veteran, t.Key}] = t.sequence
	r.byHave[[2]string{t.Veteran, t.Concession}] = t.sequence
	r.byWhom[t.Veteran] = append(r.byWhom[t.Veteran], t.sequence)
	r.holders[t.Concession]++
	return t
}

// take takes up a concession, or says that this was done before: by the same key,
// or by another. A key that was used for something else is refused.
func (r *register) take(t taking) (done taking, again bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := r.byKey[[2]string{t.Veteran, t.Key}]; n > 0 && r.lines[n-1].Concession != t.Concession {
		return taking{}, false, &refusal{"CONFLICT", "IDEMPOTENCY_KEY_REUSED", "这个键已用于另一项优惠。", "This key was used for another concession."}
	}
	if n := r.byHave[[2]string{t.Veteran, t.Concession}]; n > 0 {
		return r.lines[n-1], true, nil
	}
	if r.broken != nil {
		return taking{}, false, r.broken
	}
	line, err := json.Marshal(t)
	if err != nil {
		return taking{}, false, err
	}
	if _, err = r.file.Write(append(line, '\n')); err == nil {
		err = r.file.Sync()
	}
	if err != nil { // how much of the line is there, only the next start can tell
		r.broken = fmt.Errorf("register: %w", err)
		return taking{}, false, r.broken
	}
	done = r.note(t)
	close(r.bell)
	r.bell = make(chan struct{})
	return done, false, nil
}

// of are the lines of one person.
func (r *register) of(veteran string) []taking {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []taking
	for _, n := range r.byWhom[veteran] {
		out = append(out, r.lines[n-1])
	}
	return out
}

// held is how many people have a concession.
func (r *register) held(concession string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.holders[concession]
}

// after are the lines behind a place in the order, and what rings when there are more.
func (r *register) after(sequence int) ([]taking, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sequence = max(0, sequence); sequence > len(r.lines) {
		sequence = len(r.lines)
	}
	return r.lines[sequence:len(r.lines):len(r.lines)], r.bell
}

// last is the place of the newest line.
func (r *register) last() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lines)
}

func (r *register) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}
