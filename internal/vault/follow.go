package vault

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

// follower knows where the keys come from.
type follower struct {
	file File

	mu     sync.Mutex
	text   []byte         // of the file when it was last adopted
	looked [256]time.Time // after a key that was not there
}

// lookAgain is how long a key that was not there is not looked for again: a row with
// a forged ID must not make us read the file for everybody who asks for it.
const lookAgain = time.Second

// Follow lets the vault look into a keys file: when asked to ([Vault.Refresh]), and
// when it meets data sealed with a key that it has not got.
func (v *Vault) Follow(file File) { v.follower.Store(&follower{file: file}) }

// Refresh adopts the keys in the file that is followed, if it has changed, and tells
// whether the key that seals is another now.
func (v *Vault) Refresh(ctx context.Context) (rotated bool, err error) {
	f := v.follower.Load()
	if f == nil {
		return false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return v.refresh(ctx, f)
}

func (v *Vault) refresh(ctx context.Context, f *follower) (rotated bool, err error) {
	text, err := readPrivate(f.file.Path)
	if err != nil {
		return false, fmt.Errorf("look at the keys: %w", err)
	}
	if bytes.Equal(text, f.text) {
		return false, nil
	}
	keys, _, err := unwrapped(ctx, text, f.file.Service)
	if err != nil {
		return false, fmt.Errorf("look at the keys: %w", err)
	}
	before := v.Current()
	if err := v.Adopt(keys); err != nil {
		return false, err
	}
	f.text = text
	return v.Current() != before, nil
}

// look is for data sealed with a key that is not here. It tells whether to try again.
func (v *Vault) look(id uint8) bool {
	f := v.follower.Load()
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if v.ready.Load().ciphers[id] != nil {
		return true // somebody else has found it while we waited
	}
	if time.Since(f.looked[id]) < lookAgain {
		return false
	}
	f.looked[id] = time.Now()
	_, err := v.refresh(context.Background(), f)
	return err == nil
}
