//go:build unix

package vault

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes from changing keys files in a folder meanwhile. It ends
// with the process, however that ends.
func lock(dir string) (unlock func() error, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil && !errors.Is(err, errors.ErrUnsupported) { //nolint:gosec // a file descriptor is small
		return nil, errors.Join(err, d.Close())
	}
	return d.Close, nil
}
