//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockData keeps a second demonstration out of the data folder: two of each
// simulated department would decide the same items twice. The lock ends with the
// process, however it ends.
func (h *Hub) lockData(context.Context) error {
	if !h.Config.Demo {
		return nil
	}
	if err := os.MkdirAll(h.Config.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(h.Config.Data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a file descriptor is small
		return errors.Join(fmt.Errorf("another vetgraph is using %s; choose another folder with --data (数据目录正被另一个进程使用)", h.Config.Data), f.Close())
	}
	h.onClose(func(context.Context) error { return f.Close() })
	return nil
}
