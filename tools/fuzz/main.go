// Command fuzz runs every fuzz target of this module, each for a while.
//
//	go run ./tools/fuzz -each 1s -blind    what CI does
//	go run ./tools/fuzz -each 10m          a long run
//	go run ./tools/fuzz -only FuzzGuard -each 1h
//
// Targets are found in the source, and each package is built once. What fails is written
// by Go to testdata/fuzz of its package, from where go test runs it ever after. A blind run
// takes the programs that go test has built anyhow, which do not tell which way an input
// took: it finds less, and begins at once.
package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	each := flag.Duration("each", 2*time.Second, "how long each target runs, wall time")
	only := flag.String("only", "", "these targets only, by the beginning of their name")
	blind := flag.Bool("blind", false, "without building for guidance by coverage")
	flag.Parse()
	guided := []string{"-fuzz=."}
	if *blind {
		guided = nil
	}
	if err := run(ctx, os.Stdout, ".", *only, *each, guided); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, root, only string, each time.Duration, guided []string) error {
	found, err := targets(root)
	if err != nil {
		return err
	}
	built, err := os.MkdirTemp("", "fuzz")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(built) }()
	var total, ran int
	began := time.Now()
	for _, folder := range folders(found) {
		names := slices.DeleteFunc(found[folder], func(n string) bool { return !strings.HasPrefix(n, only) })
		if len(names) == 0 {
			continue
		}
		program := filepath.Join(built, strings.ReplaceAll(folder, string(filepath.Separator), "_"))
		build := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-c"}, guided, []string{"-o", program, "./" + filepath.ToSlash(folder)})...)
		build.Dir = root
		if text, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", folder, err, text)
		}
		for _, name := range names {
			n, err := one(ctx, program, filepath.Join(root, folder), name, each)
			if err != nil {
				return fmt.Errorf("%s in %s: %w", name, folder, err)
			}
			_, _ = fmt.Fprintf(out, "%-18s %-28s %9d executions\n", name, folder, n)
			total, ran = total+n, ran+1
		}
	}
	if ran == 0 {
		return fmt.Errorf("no target begins with %q", only)
	}
	took := time.Since(began)
	_, _ = fmt.Fprintf(out, "%d targets, %d executions in %s, building included: %d in a second\n", ran, total, took.Round(time.Second), int(float64(total)/took.Seconds()))
	return nil
}

// targets are the fuzz targets of a module, by folder.
func targets(root string) (map[string][]string, error) {
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "node_modules" || n == "testdata" || len(n) > 1 && n[0] == '.' {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") && len(f.Type.Params.List) == 1 {
				found[folder] = append(found[folder], f.Name.Name)
			}
		}
		return nil
	})
	return found, err
}

func folders(found map[string][]string) []string {
	var out []string
	for f, names := range found {
		slices.Sort(names)
		out = append(out, f)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}

// patience is how long a target is given that has not begun when its moment is over.
var patience = []time.Duration{8 * time.Second, 30 * time.Second}

var execs = regexp.MustCompile(`execs: (\d+)`)

// one runs a target and says how often it was executed.
func one(ctx context.Context, program, folder, name string, each time.Duration) (int, error) {
	cache, err := os.MkdirTemp("", "corpus")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(cache) }()
	c := exec.CommandContext(ctx, program, "-test.run=^$", "-test.fuzz=^"+name+"$", "-test.fuzztime="+each.String(), "-test.fuzzcachedir="+cache)
	c.Dir = folder
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	// Go itself now and then calls it a failure that the time is up; a finding is written down.
	over := func() bool {
		return bytes.Contains(said.Bytes(), []byte("context deadline exceeded")) && !bytes.Contains(said.Bytes(), []byte("Failing input"))
	}
	if err := c.Run(); err != nil && !over() {
		return 0, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	last := execs.FindAllSubmatch(said.Bytes(), -1)
	if len(last) == 0 {
		for _, longer := range patience { // what opens a hub first needs more than a moment
			if each < longer {
				return one(ctx, program, folder, name, longer)
			}
		}
		return 0, fmt.Errorf("it did not run:\n%s", said.Bytes())
	}
	return strconv.Atoi(string(last[len(last)-1][1]))
}
