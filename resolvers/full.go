package resolvers

import "context"

type fullKey struct{}

// InFull returns a context in which the person's own copy of what is held of them is
// put together (个人信息保护法 45): nothing is masked, and no list is cut at a page.
// Whoever calls has made sure that the viewer is that person, and surely so.
func InFull(ctx context.Context) context.Context { return context.WithValue(ctx, fullKey{}, true) }

func inFull(ctx context.Context) bool { return ctx.Value(fullKey{}) != nil }
