package department

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
)

// A caller who gives up must not be told so while the writer still writes into
// what the caller holds, and a change that has not begun is taken back whole.
func TestBookWaitsForAChangeThatHasBegun(t *testing.T) {
	b, err := openBook(t.Context(), filepath.Join(t.TempDir(), "book.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.close() })

	ctx, giveUp := context.WithCancel(t.Context())
	begun, goOn := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	var held string
	go func() {
		ended <- b.write(ctx, func(*sql.Tx) error {
			close(begun)
			<-goOn
			held = "written"
			return nil
		})
	}()
	<-begun
	later, giveUpLater := context.WithCancel(t.Context())
	never := make(chan error, 1)
	go func() {
		never <- b.write(later, func(*sql.Tx) error { t.Error("a change that was taken back was made"); return nil })
	}()
	for len(b.changes) == 0 { // it waits behind the first
		select {
		case err := <-never:
			t.Fatalf("the change behind did not wait: %v", err)
		default:
		}
	}
	giveUpLater()
	if err := <-never; !errors.Is(err, context.Canceled) {
		t.Errorf("a change taken back ends with %v", err)
	}
	giveUp()
	select {
	case err := <-ended:
		t.Fatalf("write came back with %v while the change was being made", err)
	default:
	}
	close(goOn)
	if err := <-ended; err != nil || held != "written" {
		t.Errorf("the change that had begun ends with %v, holding %q", err, held)
	}
	if err := b.setMeta(t.Context(), "none", ""); err != nil {
		t.Errorf("a change after them: %v", err)
	}
}
