package trust

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

const (
	headerInput     = "Signature-Input"
	headerSignature = "Signature"
	headerDigest    = "Content-Digest"
	label           = "vetgraph" // of our signature among others

	maxHeader     = 4 << 10 // bytes of each of the two headers
	maxSignatures = 4
	maxComponents = 16
)

// covered is what our signatures cover and what we want covered. With the authority
// among it, a department cannot pass our request on to another that trusts the same key.
var covered = []string{"@method", "@authority", "@path", "@query", "date", "content-digest"}

// signature is one signature of a message and what it says of itself.
type signature struct {
	components []string
	params     string // the value of @signature-params, as the signature base ends with it
	created    int64  // Unix time; 0 if it does not say
	expires    int64  // same
	keyID      string
	algorithm  string
	nonce      string
	bytes      []byte
}

// base is the signature base of RFC 9421 section 2.5.
func (s *signature) base(m message) (string, error) {
	var b strings.Builder
	for _, c := range s.components {
		value, err := m.component(c)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%q: %s\n", c, value)
	}
	b.WriteString(`"@signature-params": ` + s.params)
	return b.String(), nil
}

// coversAll says whether everything is covered that we want covered; more is welcome.
func (s *signature) coversAll() bool {
	return !slices.ContainsFunc(covered, func(c string) bool { return !slices.Contains(s.components, c) })
}

// message is a request as a signature sees it.
type message struct {
	method    string
	scheme    string
	authority string
	target    string // path and query as they stand in the request line
	header    http.Header
}

// sent is a request that we are about to send.
func sent(req *http.Request) message {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	return newMessage(req.Method, req.URL.Scheme, host, req.URL.RequestURI(), req.Header)
}

// received is a request as it came: a handler before us may have changed its URL, but
// not the request line. authority is what the caller calls us, empty for the host it names.
func received(r *http.Request, authority string) message {
	scheme, target := "http", r.RequestURI
	if r.TLS != nil {
		scheme = "https"
	}
	if u, err := url.Parse(target); err == nil && u.IsAbs() { // as proxies are asked, RFC 9112 section 3.2.2
		target = u.RequestURI()
	}
	if authority == "" {
		authority = r.Host
	}
	return newMessage(r.Method, scheme, authority, target, r.Header)
}

func newMessage(method, scheme, authority, target string, h http.Header) message {
	if method == "" {
		method = http.MethodGet
	}
	authority = strings.ToLower(authority)
	if port, usual := map[string]string{"http": ":80", "https": ":443"}[scheme]; usual {
		authority = strings.TrimSuffix(authority, port)
	}
	return message{method, scheme, authority, target, h}
}

// component is the value of one covered component, RFC 9421 sections 2.1 and 2.2.
func (m message) component(name string) (string, error) {
	path, query, _ := strings.Cut(m.target, "?")
	switch name {
	case "@method":
		return m.method, nil
	case "@authority":
		return m.authority, nil
	case "@scheme":
		return m.scheme, nil
	case "@request-target":
		return m.target, nil
	case "@target-uri":
		return m.scheme + "://" + m.authority + m.target, nil
	case "@path":
		if path == "" {
			path = "/"
		}
		return path, nil
	case "@query":
		return "?" + query, nil
	}
	values := m.header.Values(name)
	if len(values) == 0 {
		return "", errors.New("a covered component is not there")
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
		if strings.ContainsAny(v, "\r\n") { // it would begin a line of its own
			return "", errors.New("a covered component has more than one line")
		}
	}
	return strings.Join(trimmed, ", "), nil
}

// newSignature says what a signature of ours covers; it is not made yet.
func newSignature(keyID, algorithm, nonce string, created time.Time) (*signature, error) {
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, c := range covered {
		list.Items = append(list.Items, httpsfv.NewItem(c))
	}
	list.Params.Add("created", created.Unix())
	list.Params.Add("keyid", keyID)
	list.Params.Add("alg", algorithm)
	list.Params.Add("nonce", nonce)
	params, err := httpsfv.Marshal(list)
	return &signature{components: covered, params: params, created: created.Unix(), keyID: keyID, algorithm: algorithm, nonce: nonce}, err
}

// put writes the two headers.
func (s *signature) put(h http.Header) error {
	value, err := httpsfv.Marshal(httpsfv.NewItem(s.bytes))
	if err != nil {
		return err
	}
	h.Set(headerInput, label+"="+s.params)
	h.Set(headerSignature, label+"="+value)
	return nil
}

var errMalformed = errors.New("not a signature of RFC 9421")

// signatures reads the two headers (RFC 9421 section 4). What it gives back is in
// canonical form and complete; a header with a fault anywhere gives nothing.
func signatures(h http.Header) ([]signature, error) {
	inputs, err := dictionary(h, headerInput)
	if err != nil {
		return nil, err
	}
	made, err := dictionary(h, headerSignature)
	if err != nil {
		return nil, err
	}
	names := inputs.Names()
	if len(names) == 0 || len(names) > maxSignatures || len(made.Names()) != len(names) {
		return nil, errMalformed
	}
	var all []signature
	for _, name := range names {
		input, _ := inputs.Get(name)
		list, ok := input.(httpsfv.InnerList)
		if !ok || len(list.Items) > maxComponents {
			return nil, errMalformed
		}
		bytes, ok := binary(made, name)
		if !ok {
			return nil, errMalformed
		}
		s := signature{bytes: bytes}
		if err := s.read(list); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func dictionary(h http.Header, name string) (*httpsfv.Dictionary, error) {
	values, size := h.Values(name), 0
	for _, v := range values {
		size += len(v)
	}
	if len(values) == 0 || size > maxHeader {
		return nil, errMalformed
	}
	d, err := httpsfv.UnmarshalDictionary(values)
	if err != nil {
		return nil, errMalformed
	}
	return d, nil
}

// binary is a byte sequence of a dictionary.
func binary(d *httpsfv.Dictionary, name string) ([]byte, bool) {
	m, _ := d.Get(name)
	item, ok := m.(httpsfv.Item)
	if !ok {
		return nil, false
	}
	bytes, ok := item.Value.([]byte)
	return bytes, ok
}

// read takes the list of components and the parameters apart. Components with
// parameters of their own (parts of dictionaries, of other messages) are not for us.
func (s *signature) read(list httpsfv.InnerList) error {
	for _, item := range list.Items {
		name, ok := item.Value.(string)
		if !ok || len(item.Params.Names()) > 0 || !componentName(name) || slices.Contains(s.components, name) {
			return errMalformed
		}
		s.components = append(s.components, name)
	}
	for name, into := range map[string]*int64{"created": &s.created, "expires": &s.expires} {
		if v, there := list.Params.Get(name); there {
			n, ok := v.(int64)
			if !ok || n <= 0 {
				return errMalformed
			}
			*into = n
		}
	}
	for name, into := range map[string]*string{"keyid": &s.keyID, "alg": &s.algorithm, "nonce": &s.nonce} {
		if v, there := list.Params.Get(name); there {
			text, ok := v.(string)
			if !ok {
				return errMalformed
			}
			*into = text
		}
	}
	var err error
	s.params, err = httpsfv.Marshal(list)
	return err
}

// componentName says whether this can be a component: a field name in small letters,
// or one that begins with @.
func componentName(name string) bool {
	for _, c := range []byte(strings.TrimPrefix(name, "@")) {
		if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return strings.Trim(name, "@") != ""
}
