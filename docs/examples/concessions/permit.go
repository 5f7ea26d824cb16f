package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// permitLasts is how long somebody has to choose, in calendar time.
const permitLasts = 15 * time.Minute

// permits say that somebody was shown a person's standing. The person's token goes
// to the hub only, so a mutation here cannot ask who sends it. It asks for a permit
// instead: that is given only as a field of a veteran whom the hub let the asker
// see, and only while the card is valid, which a mutation cannot require either.
type permits struct{ key []byte }

// openPermits reads the key, or makes one.
func openPermits(file string) (*permits, error) {
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
		err = os.WriteFile(file, key, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("key of permits: %w", err)
	}
	if len(key) != 32 {
		return nil, fmt.Errorf("%s has not 32 bytes: take it away, and a new one is made", file)
	}
	return &permits{key: key}, nil
}

func (p *permits) issue(veteran string, now time.Time) string {
	said := strconv.FormatInt(now.Add(permitLasts).Unix(), 10) + "." + veteran
	return base64.RawURLEncoding.EncodeToString(append(p.sum(said), said...))
}

// holder is whose permit it is.
func (p *permits) holder(permit string, now time.Time) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(permit)
	if err != nil || len(raw) < sha256.Size || !hmac.Equal(p.sum(string(raw[sha256.Size:])), raw[:sha256.Size]) {
		return "", &refusal{"FORBIDDEN", "PERMIT_INVALID", "领取凭据无效，请重新查询后领取。", "This permit is not one of ours; ask for the standing again."}
	}
	until, veteran, _ := strings.Cut(string(raw[sha256.Size:]), ".")
	if end, err := strconv.ParseInt(until, 10, 64); err != nil || now.Unix() > end {
		return "", &refusal{"FORBIDDEN", "PERMIT_EXPIRED", "领取凭据已过期，请重新查询后领取。", "The permit has expired; ask for the standing again."}
	}
	return veteran, nil
}

func (p *permits) sum(said string) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(said))
	return mac.Sum(nil)
}
