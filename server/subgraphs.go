package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

// subgraphEntry is what an operator says of one subgraph in --subgraphs.
type subgraphEntry struct {
	URL        string        `yaml:"url"`
	Secret     string        `yaml:"secret"`     // of this subgraph alone; sent as Vetgraph-Router-Secret
	SecretFile string        `yaml:"secretFile"` // the same in a file beside this one
	Timeout    time.Duration `yaml:"timeout"`    // of one request
	Most       int64         `yaml:"most"`       // bytes of one answer
	Pass       []string      `yaml:"pass"`       // headers of the caller that go on to it
	Guards     bool          `yaml:"guards"`     // it sees for itself who may read what, also what the supergraph says of that
}

// secretHeader is where a router shows that it is one, to us and to partners.
const secretHeader = "Vetgraph-Router-Secret" //nolint:gosec // a header's name

// headerName is the name of a header as HTTP has it (RFC 9110 token).
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// readSubgraphs reads how the subgraphs of a supergraph are reached. It tells every
// mistake at once, and never what stands in the file: there are secrets in it.
func readSubgraphs(path string, names []string) (map[string]gateway.Subgraph, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("subgraphs: %w", err)
	}
	defer func() { _ = f.Close() }()
	all := map[string]subgraphEntry{}
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&all); err != nil && !errors.Is(err, io.EOF) {
		var unfit *yaml.TypeError
		if errors.As(err, &unfit) {
			return nil, fmt.Errorf("subgraphs %s (子图配置有误):\n%s", path, strings.Join(withoutValues(unfit.Errors), "\n"))
		}
		return nil, fmt.Errorf("subgraphs %s: not a list of subgraphs by name", path)
	}
	out := map[string]gateway.Subgraph{}
	var wrong []error
	for _, name := range sortedKeys(all) {
		add := func(what string) { wrong = append(wrong, fmt.Errorf("%s: %s", name, what)) }
		if !slices.Contains(names, name) {
			add("the supergraph has no such subgraph; it has " + strings.Join(names, ", "))
		}
		out[name] = all[name].read(filepath.Dir(path), add)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("subgraphs %s (子图配置有误):\n%w", path, err)
	}
	return out, nil
}

func (e subgraphEntry) read(folder string, wrong func(string)) gateway.Subgraph {
	if e.URL != "" && !absolute(e.URL) {
		wrong("url is an absolute http(s) address, without a user or a query")
	}
	secret := e.Secret
	if e.SecretFile != "" {
		if e.Secret != "" {
			wrong("secret and secretFile are one thing: say it once")
		}
		file := e.SecretFile
		if !filepath.IsAbs(file) {
			file = filepath.Join(folder, file)
		}
		text, err := os.ReadFile(file)
		if secret = strings.TrimSpace(string(text)); err != nil || secret == "" {
			wrong("secretFile names a file that cannot be read, or is empty")
		}
	}
	if strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r > '~' }) {
		wrong("a secret is one line of ASCII: it goes into a header")
	}
	if e.Timeout < 0 || e.Timeout > 5*time.Minute {
		wrong("timeout is up to 5m, or nothing for 10s")
	}
	if e.Most < 0 || e.Most > 256<<20 {
		wrong("most is up to 268435456 bytes, or nothing for 8388608")
	}
	for _, h := range e.Pass {
		if !headerName.MatchString(h) {
			wrong("pass lists names of headers")
		} else if slices.Contains([]string{"Host", "Content-Length", "Content-Type", "Connection", "Transfer-Encoding", "Cookie", secretHeader}, http.CanonicalHeaderKey(h)) {
			wrong("pass cannot name " + http.CanonicalHeaderKey(h))
		}
	}
	out := gateway.Subgraph{URL: e.URL, Timeout: e.Timeout, Most: e.Most, Pass: e.Pass, Guards: e.Guards}
	if secret != "" {
		out.Send = http.Header{secretHeader: {secret}}
	}
	return out
}

// withoutValues takes out of a decoder's errors what stands in the file.
func withoutValues(all []string) []string {
	out := slices.Clone(all)
	for i, text := range out {
		if before, after, ok := strings.Cut(text, "`"); ok {
			_, after, _ = strings.Cut(after, "`")
			out[i] = before + "…" + after
		}
	}
	return out
}
