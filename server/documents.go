package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// mostKept is the size in bytes up to which a document is remembered, parsed or
// not: what is larger is read again each time, so that nobody fills the memory.
const mostKept = 16 << 10

// documents are those that a client may name by their SHA-256 instead of sending
// them: trusted ones, which those who run the hub name in manifests, and those that
// a client has sent once together with their hash (automatic persisted queries).
type documents struct {
	trusted map[string]string // by hash, in hex
	only    bool              // nobody but operators runs others
	sent    graphql.Cache[string]
}

// ExtensionName implements graphql.HandlerExtension.
func (*documents) ExtensionName() string { return "Documents" }

// Validate implements graphql.HandlerExtension.
func (*documents) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters puts the text into a request that names its document,
// and refuses documents that the viewer may not run.
func (d *documents) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	text, f := d.find(ctx, p.Query, p.Extensions)
	if f == nil {
		p.Query = text
		return nil
	}
	e := present(f)
	if f.Reason == "PERSISTED_QUERY_NOT_FOUND" { // clients send the text when they read these words
		e.Message, e.Extensions["code"] = "PersistedQueryNotFound", f.Reason
	}
	return e
}

// find is the text of a request's document. Faults: Invalid DOCUMENT_HASH, NotFound
// PERSISTED_QUERY_NOT_FOUND, Denied DOCUMENT_UNTRUSTED.
func (d *documents) find(ctx context.Context, query string, extensions map[string]any) (string, *fault.Fault) {
	hash := ""
	if q, ok := extensions["persistedQuery"]; ok && q != nil {
		named, _ := q.(map[string]any)
		if hash, _ = named["sha256Hash"].(string); !hashed.MatchString(hash) {
			return "", hashWrong()
		}
	}
	if text, ok := d.trusted[hash]; ok && (query == "" || query == text) {
		return text, nil
	}
	if v := access.From(ctx); d.only && (v == nil || v.Kind != access.Operator) || v != nil && v.Confined {
		if _, ok := d.trusted[hashOf(query)]; ok {
			return query, nil
		}
		return "", fault.New(fault.Denied, "DOCUMENT_UNTRUSTED", "只能使用已登记的查询。", "Only documents that were registered beforehand can be run.")
	}
	if hash == "" && query == "" {
		return "", documentMissing()
	}
	if hash == "" {
		return query, nil
	}
	if query == "" {
		if text, ok := d.sent.Get(ctx, hash); ok {
			return text, nil
		}
		return "", fault.New(fault.NotFound, "PERSISTED_QUERY_NOT_FOUND", "没有登记过这个查询，请连同查询文本一起发送。", "This document is not known here; send its text along.")
	}
	if hashOf(query) != hash {
		return "", hashWrong()
	}
	if len(query) <= mostKept {
		d.sent.Add(ctx, hash, query)
	}
	return query, nil
}

// byHash says in a request's extensions what it says by documentId, which is how
// later drafts of GraphQL over HTTP name a document.
func byHash(extensions []byte, id string) ([]byte, *fault.Fault) {
	all := map[string]any{}
	if len(extensions) > 0 && json.Unmarshal(extensions, &all) != nil || all == nil {
		return nil, malformed()
	}
	all["persistedQuery"] = map[string]any{"version": 1, "sha256Hash": strings.TrimPrefix(id, "sha256:")}
	out, err := json.Marshal(all)
	if err != nil {
		return nil, malformed()
	}
	return out, nil
}

var hashed = regexp.MustCompile(`^[0-9a-f]{64}$`)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func hashWrong() *fault.Fault {
	return fault.New(fault.Invalid, "DOCUMENT_HASH", "查询的哈希应为其文本的 SHA-256，用小写十六进制。", "A document's hash is the SHA-256 of its text, in lower-case hex.")
}

// openDocuments reads the manifests. Every mistake in them is told at once.
func (h *Hub) openDocuments(context.Context) error {
	h.documents = &documents{trusted: map[string]string{}, only: h.Config.TrustedOnly, sent: lru.New[string](1000)}
	var wrong []error
	for _, file := range h.Config.Documents {
		texts, err := readManifest(h.seen(), file)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", file, err))
			continue
		}
		for hash, text := range texts {
			h.documents.trusted[hash] = text
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("--documents (可信查询清单):\n%w", err)
	}
	return nil
}

// manifest is what tools write that collect a program's documents: an object of
// hash and text, or the format "apollo-persisted-query-manifest".
type manifest struct {
	Format     string `json:"format"`
	Version    int    `json:"version"`
	Operations []struct {
		ID   string `json:"id"`
		Body string `json:"body"`
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"operations"`
}

func readManifest(schema *ast.Schema, file string) (map[string]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	if json.Unmarshal(raw, &texts) != nil {
		d, m := json.NewDecoder(bytes.NewReader(raw)), manifest{}
		d.DisallowUnknownFields()
		if err := d.Decode(&m); err != nil || m.Format != "apollo-persisted-query-manifest" || m.Version != 1 {
			return nil, errors.New(`it is no object of hash and text, and no "apollo-persisted-query-manifest" of version 1`)
		}
		texts = map[string]string{}
		for _, o := range m.Operations {
			texts[o.ID] = o.Body
		}
	}
	out, wrong := map[string]string{}, []error(nil)
	for _, id := range sortedKeys(texts) {
		hash, text := strings.TrimPrefix(id, "sha256:"), texts[id]
		if hashOf(text) != hash {
			wrong = append(wrong, fmt.Errorf("%.80q is not the SHA-256 of its document", id))
		}
		if err := trustworthy(schema, text); err != nil {
			wrong = append(wrong, fmt.Errorf("%.80q: %w", id, err))
		}
		out[hash] = text
	}
	return out, errors.Join(wrong...)
}

// trustworthy says what is wrong with a document before any client finds out.
func trustworthy(schema *ast.Schema, text string) error {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return err
	}
	if found := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(found) > 0 {
		return found
	}
	return nil
}

// kept remembers what belongs to a document of a size that screens have.
type kept[T any] struct{ graphql.Cache[T] }

// Add implements graphql.Cache.
func (k kept[T]) Add(ctx context.Context, document string, what T) {
	if len(document) <= mostKept {
		k.Cache.Add(ctx, document, what)
	}
}
