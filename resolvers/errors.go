package resolvers

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/rs/zerolog"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// codes is the whole mapping from kinds of fault to GraphQL error codes.
var codes = map[fault.Kind]string{
	fault.Internal:    "INTERNAL_SERVER_ERROR",
	fault.Invalid:     "BAD_USER_INPUT",
	fault.SignedOut:   "UNAUTHENTICATED",
	fault.Denied:      "FORBIDDEN",
	fault.NotFound:    "NOT_FOUND",
	fault.Conflict:    "CONFLICT",
	fault.Unavailable: "UNAVAILABLE",
	fault.TooLarge:    "TOO_LARGE",
	fault.TooMany:     "RATE_LIMITED",
}

// Code is the GraphQL error code of a kind of fault.
func Code(k fault.Kind) string { return codes[k] }

// Present is the only place where an error becomes something a client reads.
func Present(ctx context.Context, err error) *gqlerror.Error {
	var own *gqlerror.Error
	if errors.As(err, &own) && own.Err == nil && own.Rule == "" && own.Extensions["reason"] != nil {
		return own // already presented
	}
	out := graphql.DefaultErrorPresenter(ctx, err)
	if code, ok := out.Extensions["code"].(string); ok { // gqlgen's own: parse, validation, complexity
		out.Extensions["reason"] = reasonOf(code)
		return out
	}
	f := fault.Of(err)
	if errors.Is(err, exec.ErrUnknownType) || errors.Is(err, exec.ErrTypeNotFound) {
		f = fault.New(fault.Invalid, "ENTITY_REFERENCE", "引用的对象类型或主键不对。", "A reference names no type or no key of ours.")
	}
	if f.Kind == fault.Internal {
		if inputError(own) { // a value that its type cannot take
			out.Extensions = map[string]any{"code": codes[fault.Invalid], "reason": "VALUE_MALFORMED"}
			return out
		}
		zerolog.Ctx(ctx).Error().Err(err).Str("path", out.Path.String()).Msg("resolve")
	}
	out.Message = f.Text + " " + f.TextEn
	out.Extensions = Extensions(f)
	return out
}

// Extensions are what a client switches on.
func Extensions(f *fault.Fault) map[string]any {
	ext := map[string]any{"code": codes[f.Kind], "reason": f.Reason, "message": map[string]string{"zh": f.Text, "en": f.TextEn}}
	if len(f.Field) > 0 {
		ext["field"] = f.Field
	}
	if f.Department != "" {
		ext["department"] = f.Department
	}
	if !f.RetryAt.IsZero() {
		ext["retryAt"] = f.RetryAt.UTC().Format(time.RFC3339)
	}
	return ext
}

// reasonOf is the reason that goes with a code of gqlgen's.
func reasonOf(code string) string {
	switch code {
	case errcode.ParseFailed:
		return "DOCUMENT_MALFORMED"
	case errcode.ValidationFailed:
		return "DOCUMENT_INVALID"
	}
	return code
}

// inputError says whether an error is about a variable or argument that its
// scalar refused, rather than about our work.
func inputError(err *gqlerror.Error) bool {
	return err != nil && err.Err == nil && err.Path != nil
}

// Recover turns a panic into an error of ours, with its stack in the log.
func Recover(ctx context.Context, p any) error {
	zerolog.Ctx(ctx).Error().Str("stack", string(debug.Stack())).Msg("panic in a resolver")
	return fmt.Errorf("panic: %T", p)
}
