package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	patience     = 10 * time.Second         // for one subgraph's answer
	secretHeader = "Vetgraph-Router-Secret" //nolint:gosec // a header's name
)

// Read reads what each source says, all at once. builtin is the schema of this
// program. Its error is [*Problems], one for each source that cannot be read.
func Read(ctx context.Context, sources []Source, builtin func() (string, error)) ([]Subgraph, error) {
	out, errs := make([]Subgraph, len(sources)), make([]error, len(sources))
	var all sync.WaitGroup
	for i, s := range sources {
		all.Go(func() {
			out[i] = Subgraph{Name: s.Name, URL: s.URL}
			switch s.SDL {
			case Builtin:
				out[i].SDL, errs[i] = builtin()
			case "":
				out[i].SDL, errs[i] = ask(ctx, s)
			default:
				out[i].File = s.SDL
				out[i].SDL, errs[i] = file(s.SDL)
			}
		})
	}
	all.Wait()
	var problems Problems
	for i, err := range errs {
		if err == nil {
			continue
		}
		p := Problem{Subgraph: sources[i].Name, Code: "SDL_UNREACHABLE", Text: sources[i].Name + ": " + err.Error()}
		if sources[i].at.Line > 0 {
			p.Places = []Place{sources[i].at}
		}
		problems.add(p)
	}
	if len(problems) > 0 {
		return nil, &problems
	}
	return out, nil
}

// file reads as much of a file as a schema may have.
func file(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	body, err := io.ReadAll(io.LimitReader(f, mostText+1)) // what is longer is refused by its length
	return string(body), err
}

// direct goes where it is sent and nowhere else: a secret is shown to the address
// that was named.
var direct = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask asks a running subgraph for its schema, as federation has it.
func ask(ctx context.Context, s Source) (string, error) {
	if s.SecretFile != "" {
		secret, err := os.ReadFile(s.SecretFile)
		if err != nil {
			return "", err
		}
		s.Secret = strings.TrimSpace(string(secret))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(`{"query":"{ _service { sdl } }"}`))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if s.Secret != "" {
		r.Header.Set(secretHeader, s.Secret)
	}
	res, err := direct.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 2*mostText)) // escapes take room
	if err != nil {
		return "", err
	}
	var said struct {
		Data struct {
			Service *struct {
				SDL string `json:"sdl"`
			} `json:"_service"`
		} `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	err = json.NewDecoder(bytes.NewReader(body)).Decode(&said)
	switch {
	case err == nil && len(said.Errors) > 0:
		return "", fmt.Errorf("%s answers: %s", s.URL, said.Errors[0].Message)
	case res.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s answers %s", s.URL, res.Status)
	case err != nil:
		return "", fmt.Errorf("%s does not answer in JSON: %w", s.URL, err)
	case said.Data.Service == nil || said.Data.Service.SDL == "":
		return "", errors.New(s.URL + " does not say its schema: it is no subgraph")
	}
	return said.Data.Service.SDL, nil
}
