package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// doubling are fragments each of which spreads the next twice: whoever writes them out
// has twice the work for every level.
func doubling(levels int, within, last string) string {
	var b strings.Builder
	for i := range levels {
		spread := fmt.Sprintf("...f%d", i+1)
		if within != "" {
			end := strings.Repeat(" }", 1+strings.Count(within, "{"))
			fmt.Fprintf(&b, "fragment f%d on Veteran { a: %s { %s%s b: %s { %s%s }\n", i, within, spread, end, within, spread, end)
		} else {
			fmt.Fprintf(&b, "fragment f%d on Veteran { %s %s }\n", i, spread, spread)
		}
	}
	fmt.Fprintf(&b, "fragment f%d on Veteran { %s }\n", levels, last)
	return b.String()
}

// A small document can mean an enormous one. It is refused, or answered, at once, at
// every door: neither validation nor our own limits walk it.
func TestFragmentsThatDouble(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	ask := fmt.Sprintf(`{ veteran(id: %q) { ...f0 } }`, k.heroes[0])
	var names, many, aliases, operations, variables strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&aliases, "k%d: kind ", i)
		if i < 2_000 {
			fmt.Fprintf(&operations, "query Q%d { a }\n", i)
		}
		fmt.Fprintf(&variables, "$v%d: Int ", i)
	}
	for i := range 1200 {
		fmt.Fprintf(&many, "...g%d ", i)
		fmt.Fprintf(&names, "fragment g%d on Veteran { name sex }\n", i)
	}
	for name, test := range map[string]struct{ query, want string }{
		"forty levels":              {ask + doubling(40, "", "name"), "TOO_COSTLY"},
		"of nothing":                {ask + doubling(40, "", "__typename"), "TOO_COSTLY"},
		"deeper each time":          {ask + doubling(40, "cases { nodes { veteran", "name"), "TOO_COSTLY"},
		"through inline fragments":  {ask + strings.ReplaceAll(doubling(40, "", "name"), "...f1 ", "... { ...f1 } "), "TOO_COSTLY"},
		"that nobody spreads":       {`{ me { kind } }` + doubling(40, "", "name"), "TOO_COSTLY"},
		"in an operation not named": {`query A { me { kind } } query B ` + ask + doubling(40, "", "name"), "TOO_COSTLY"},
		"in a circle":               {ask + `fragment f0 on Veteran { name ...f1 } fragment f1 on Veteran { sex ...f0 }`, "DOCUMENT_INVALID"},
		"doubling in a circle":      {ask + doubling(40, "", "...f0"), "TOO_COSTLY"},
		"four levels":               {ask + doubling(4, "", "name"), `"name"`},
		"many in one place":         {fmt.Sprintf(`{ veteran(id: %q) { %s } }`, k.heroes[0], many.String()) + names.String(), "TOO_REPETITIVE"},
		"one field very often":      {`{ me { ` + strings.Repeat("kind ", 14_000) + `} }`, "TOO_REPETITIVE"},
		"often, one below another":  {`{ ` + strings.Repeat("me { kind } ", 3_500) + `}`, "TOO_REPETITIVE"},
		"under names of their own":  {`{ me { ` + aliases.String() + `} }`, `"k2999":"VETERAN"`},
		"many operations":           {`query A { me { kind } }` + operations.String(), "DOCUMENT_INVALID"},
		"many variables":            {`query A(` + variables.String() + `) { me { kind } }`, "DOCUMENT_INVALID"},
		"many arguments":            {`{ veteran(id: "x", ` + strings.ReplaceAll(variables.String(), "$", "") + `) { name } }`, "DOCUMENT_"},
		"many directives":           {`{ me { kind ` + strings.Repeat("@include(if: true) ", 2_000) + `} }`, "DOCUMENT_INVALID"},
		"as often as screens do":    {`{ me { ` + strings.Repeat("kind ", 400) + `} }`, `"kind"`},
	} {
		for door, address := range map[string]string{"people": k.public + "/graphql", "routers": k.sub + "/subgraph"} {
			t.Run(name+"/"+door, func(t *testing.T) {
				began := time.Now()
				_, got := k.ask("veteran0", address, test.query, nil)
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("it took %v", took)
				} else {
					t.Log(took)
				}
				if !strings.Contains(string(got), test.want) {
					t.Errorf("got %.300s, want %s", got, test.want)
				}
			})
		}
	}
}
