package department

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
)

// filesDir is where a department exchanges files, beside its books.
func filesDir(dir, code string) (string, error) {
	return filepath.Abs(file(dir, code) + ".files")
}

// openDrop takes up the exchange of files if a port of the department's is of
// that kind; drop is nil if none is.
func (o *office) openDrop() error {
	var ports []*catalog.Port
	for _, p := range o.config.Catalog.Ports {
		if p.Department == o.code && p.Kind == filedrop.Kind {
			ports = append(ports, p)
		}
	}
	if len(ports) == 0 {
		return nil
	}
	dir, err := filesDir(o.config.Dir, o.code)
	if err != nil {
		return fmt.Errorf("folder for files: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("folder for files: %w", err)
	}
	o.files = (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String()
	if o.drop, err = filedrop.Serve(dir, ports, o, o.manner, o.now); err != nil {
		return fmt.Errorf("files: %w", err)
	}
	return nil
}

// fetchFiles answers requests that come as files, until the office ends.
func (o *office) fetchFiles() {
	o.drop.Run(o.ctx, func(err error) {
		o.config.Log.Error().Err(err).Str("department", o.code).Msg("department failed at its files")
	})
}

// manner counts a call that comes as a file, and misbehaves as is set: what
// around does for calls over HTTP.
func (o *office) manner(operation string, again bool) filedrop.Manner {
	if !again {
		o.counts.add(operation, 1)
	}
	f := o.trouble.of(o.dropped(operation)...)
	return filedrop.Manner{
		Wait: f.Slow, Silent: f.Silent, Busy: f.Busy, Failed: o.trouble.fails(f.ErrorRate), Garbled: f.Garbled || f.Mixed || f.Drift, Oversized: f.Oversized,
		Torn: f.Torn, Lost: f.LoseAnswer, Twice: f.DuplicateCallbacks,
	}
}

// dropped are the ports whose calls come as files, of an operation as it is counted.
func (o *office) dropped(operation string) (all []*catalog.Port) {
	for _, p := range o.config.Catalog.Ports {
		of := map[string]string{"SUBMIT": "DELIVER", "CORRECTION": "DELIVER"}[p.Operation]
		if p.Department == o.code && p.Kind == filedrop.Kind && cmp.Or(of, p.Operation) == operation {
			all = append(all, p)
		}
	}
	return all
}
