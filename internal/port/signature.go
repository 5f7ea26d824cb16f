package port

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// SignatureHeader is the HTTP header that carries a callback's signature.
const SignatureHeader = "Vetgraph-Signature"

const (
	maxSignature  = 512 // bytes of header; two signatures fit while a secret is being changed
	maxSignatures = 4
)

// SignCallback returns the header "t=<unix seconds>,v1=<hex>" for a body sent at
// a moment: HMAC-SHA-256 under the department's secret over "<t>.<body>".
func SignCallback(secret, body []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(callbackMAC(secret, t, body))
}

// VerifyCallback accepts a body whose header carries at least one good signature
// made within tolerance of now, before or after. Otherwise it is a fault of kind
// SignedOut: CALLBACK_SIGNATURE, or CALLBACK_STALE if it was once good. An empty
// secret verifies nothing.
func VerifyCallback(secret []byte, header string, body []byte, now time.Time, tolerance time.Duration) error {
	t, macs, ok := parseSignature(header)
	if !ok || len(secret) == 0 {
		return badSignature()
	}
	want, good := callbackMAC(secret, t, body), false
	for _, mac := range macs {
		good = hmac.Equal(mac, want) || good
	}
	if !good {
		return badSignature()
	}
	unix, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return badSignature()
	}
	if age := now.Sub(time.Unix(unix, 0)); age > tolerance || age < -tolerance {
		return fault.New(fault.SignedOut, "CALLBACK_STALE",
			"回调签名的时间超出允许范围。", "The callback was signed too long ago, or the clocks differ.")
	}
	return nil
}

func badSignature() error {
	return fault.New(fault.SignedOut, "CALLBACK_SIGNATURE", "回调签名不正确。", "The callback's signature is not good.")
}

func callbackMAC(secret []byte, t string, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(t))
	h.Write([]byte{'.'})
	h.Write(body)
	return h.Sum(nil)
}

// parseSignature reads the header; parts with other names are left for later
// versions of the scheme.
func parseSignature(header string) (t string, macs [][]byte, ok bool) {
	if len(header) > maxSignature {
		return "", nil, false
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !found:
			return "", nil, false
		case name == "t" && t == "":
			t = value
		case name == "t":
			return "", nil, false // which one would be meant?
		case name == "v1" && len(macs) < maxSignatures:
			mac, err := hex.DecodeString(value)
			if err != nil {
				return "", nil, false
			}
			macs = append(macs, mac)
		}
	}
	return t, macs, t != "" && len(macs) > 0
}
