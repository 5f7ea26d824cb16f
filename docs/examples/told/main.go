// Command told is a partner's program that is told of changes in its slice: it checks who speaks, keeps what it hears once, and answers at once.
//
// It is meant to be copied, and needs nothing but Go. What it prints stands for a
// list of people to read again: a message holds no values.
package main

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tolerance is how far a message's time may be from ours: an older one is somebody's copy.
const tolerance = 5 * time.Minute

// verify tells why a message is not the hub's, or nil. key is whpk_… (Ed25519, the
// public half) or whsec_… (HMAC-SHA256, a secret of both).
func verify(key string, head http.Header, body []byte, now time.Time) error {
	unix, err := strconv.ParseInt(head.Get("webhook-timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(unix, 0)).Abs() > tolerance {
		return errors.New("its time is not now")
	}
	raw, err := base64.StdEncoding.DecodeString(key[strings.Index(key, "_")+1:])
	if err != nil {
		return errors.New("the key is not one")
	}
	signed := []byte(head.Get("webhook-id") + "." + head.Get("webhook-timestamp") + "." + string(body))
	for _, s := range strings.Fields(head.Get("webhook-signature")) { // two while keys change
		kind, text, _ := strings.Cut(s, ",")
		sum, err := base64.StdEncoding.DecodeString(text)
		switch {
		case err != nil:
		case kind == "v1a" && strings.HasPrefix(key, "whpk_") && len(raw) == ed25519.PublicKeySize && ed25519.Verify(raw, signed, sum):
			return nil
		case kind == "v1" && strings.HasPrefix(key, "whsec_"):
			mac := hmac.New(sha256.New, raw)
			mac.Write(signed)
			if hmac.Equal(mac.Sum(nil), sum) {
				return nil
			}
		}
	}
	return errors.New("no signature is right")
}

// message is what the hub says.
type message struct {
	Type string `json:"type"` // slice.entered, slice.changed, slice.left
	Data struct {
		Slice    string   `json:"slice"`
		Person   string   `json:"person"`   // Veteran.id: come and read
		Order    int64    `json:"order"`    // of two about one person the higher is the later
		Fields   []string `json:"fields"`   // that have changed
		DeleteBy string   `json:"deleteBy"` // of who has left: the last day
	} `json:"data"`
}

// receiver remembers which messages it has had. A real one keeps that, and what is to
// be read again, in its database, in one transaction, before it answers.
type receiver struct {
	key string

	mu  sync.Mutex
	had map[string]bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 64<<10))
	if err != nil || req.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var m message
	if err := verify(r.key, req.Header, body, time.Now()); err != nil || json.Unmarshal(body, &m) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := req.Header.Get("webhook-id"); !r.had[id] { // the same may come again
		r.had[id] = true
		fmt.Println(m.Type, m.Data.Person, strings.Join(m.Data.Fields, ","), m.Data.DeleteBy)
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8094", "address")
	key := flag.String("key", "", "whpk_… or whsec_…, as the hub's operator gave it")
	flag.Parse()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", l.Addr())
	server := &http.Server{Handler: &receiver{key: *key, had: map[string]bool{}}, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(l)) // behind something that speaks TLS
}
