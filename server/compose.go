package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/compose"
)

// ownURL is where routers reach a hub that was not told otherwise.
const ownURL = "http://127.0.0.1:8081/subgraph"

// composeCommand makes one supergraph out of subgraphs, without Node.js.
type composeCommand struct {
	Of      []string          `arg:"" help:"A YAML file that names subgraphs, or subgraphs: NAME=URL asks the URL for its schema, NAME=URL=FILE reads it, hub alone is this program's own. 子图清单文件，或逐个列出子图。"`
	Out     string            `help:"File for the supergraph, in place of the one that the YAML file names; - or none for the terminal. 超图写入的文件。" placeholder:"FILE"`
	Check   bool              `help:"Write nothing, and fail if the file is not what would be written. 只核对，不写入。"`
	Open    bool              `name:"without-authorization" help:"Leave out @authenticated, @requiresScopes and @policy, for routers that do not begin with them: subgraphs then see to it alone. 超图中不含授权指令。"`
	Keep    string            `help:"Folder into which the schemas go that were read, each as NAME.graphqls. 另存各子图模式的文件夹。" placeholder:"DIR"`
	Secret  map[string]string `help:"What a subgraph that is asked wants to see in the header Vetgraph-Router-Secret. 子图的路由器口令。" placeholder:"NAME=TEXT"`
	Timeout time.Duration     `help:"How long it may take in all. 总时限。" default:"2m" placeholder:"TIME"`
}

// Run composes, and reports everything that is wrong at once.
func (c composeCommand) Run(s *session) error {
	ctx, cancel := context.WithTimeout(s.ctx, c.Timeout)
	defer cancel()
	made, out, said, err := c.compose(ctx)
	if p := new(compose.Problems); errors.As(err, &p) {
		return fmt.Errorf("合不成一张图，%d 处有误 (there is no graph; mistakes: %d):\n%w", len(*p), len(*p), err)
	} else if err != nil {
		return fmt.Errorf("合成超图未完成 (the supergraph was not composed): %w", err)
	}
	if len(said) > 0 {
		s.say("超图不含授权指令，以下子图须自行把关："+strings.Join(said, "、")+"。", "The supergraph says nothing of who may read what; to see to it is left to "+strings.Join(said, ", ")+".")
	}
	switch {
	case c.Check && out == "":
		return errors.New("--check 要有可核对的文件：用 --out 指明 (--check needs a file: name it with --out)")
	case c.Check:
		return s.fresh(out, made)
	case out == "":
		_, err := s.out.Write([]byte(made))
		return err
	}
	if err := os.WriteFile(out, []byte(made), 0o644); err != nil { //nolint:gosec // a schema is public
		return fmt.Errorf("超图无法写入 (the supergraph cannot be written): %w", err)
	}
	s.say("超图已写入 "+out+"。", "The supergraph stands in "+out+".")
	return nil
}

// fresh says whether a file is what would be written.
func (s *session) fresh(file, want string) error {
	is, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("超图文件读不出 (the supergraph cannot be read): %w", err)
	}
	if !bytes.Equal(is, []byte(want)) {
		return fmt.Errorf("%s 已过时，请重新合成 (%s is stale: compose it again)", file, file)
	}
	s.say(file+" 与各子图相符。", file+" is what its subgraphs make.")
	return nil
}

// compose returns the supergraph and the file it belongs into, if there is one.
func (c composeCommand) compose(ctx context.Context) (made, out string, open []string, err error) {
	sources, out, err := c.sources()
	if err != nil {
		return "", "", nil, err
	}
	var names []string
	for _, s := range sources {
		names = append(names, s.Name)
	}
	parts, err := compose.Read(ctx, sources, func() (string, error) { return subgraphSDL(names), nil })
	if err != nil {
		return "", "", nil, err
	}
	if err := c.keep(parts); err != nil {
		return "", "", nil, err
	}
	if made, err = compose.Compose(ctx, parts); err != nil {
		return "", "", nil, err
	}
	if c.Open {
		if made, open, err = withoutAuthorization(made); err != nil {
			return "", "", nil, err
		}
	}
	return "# Made by vetgraph compose out of " + strings.Join(names, ", ") + ". Change those, then make it again.\n\n" + made, out, open, nil
}

// keep writes what was read, for other composers and for a look when something is wrong.
func (c composeCommand) keep(parts []compose.Subgraph) error {
	if c.Keep == "" {
		return nil
	}
	if err := os.MkdirAll(c.Keep, 0o755); err != nil { //nolint:gosec // schemas are public
		return fmt.Errorf("keep the schemas: %w", err)
	}
	for _, s := range parts {
		if err := os.WriteFile(filepath.Join(c.Keep, filepath.Base(s.Name)+".graphqls"), []byte(s.SDL), 0o644); err != nil { //nolint:gosec // schemas are public
			return fmt.Errorf("keep the schemas: %w", err)
		}
	}
	return nil
}

// sources are the subgraphs that were named. A later one takes the place of an
// earlier one of its name, so that somebody can try their own in a graph that is there.
func (c composeCommand) sources() (all []compose.Source, out string, err error) {
	var wrong compose.Problems
	for _, of := range c.Of {
		some, to, err := sourcesOf(of)
		if p := new(compose.Problems); errors.As(err, &p) {
			wrong = append(wrong, *p...)
		} else if err != nil {
			return nil, "", err
		}
		if to != "" {
			out = to
		}
		for _, s := range some {
			if i := slices.IndexFunc(all, func(o compose.Source) bool { return o.Name == s.Name }); i >= 0 {
				all[i] = s
			} else {
				all = append(all, s)
			}
		}
	}
	for _, name := range sortedKeys(c.Secret) {
		i := slices.IndexFunc(all, func(s compose.Source) bool { return s.Name == name && s.SDL == "" })
		if i < 0 {
			wrong = append(wrong, compose.Problem{Code: "CONFIG_INVALID", Text: "--secret " + name + " belongs to no subgraph that is asked"})
			continue
		}
		all[i].Secret, all[i].SecretFile = c.Secret[name], ""
	}
	if len(wrong) > 0 {
		return nil, "", &wrong
	}
	switch c.Out {
	case "":
	case "-":
		out = ""
	default:
		out = c.Out
	}
	return all, out, nil
}

// sourcesOf is what one argument names.
func sourcesOf(of string) (all []compose.Source, out string, err error) {
	name, rest, more := strings.Cut(of, "=")
	if ext := filepath.Ext(of); !more && (ext == ".yaml" || ext == ".yml") {
		body, err := os.ReadFile(of)
		if err != nil {
			return nil, "", err
		}
		c, err := compose.ParseConfig(of, body)
		return c.Subgraphs, c.Out, err
	}
	s := compose.Source{Name: name}
	if s.URL, s.SDL, _ = strings.Cut(rest, "="); !more {
		if name != "hub" {
			return nil, "", &compose.Problems{{Subgraph: name, Code: "URL_INVALID", Text: "only hub has an address and a schema of its own: write NAME=URL or NAME=URL=FILE"}}
		}
		s.URL, s.SDL = ownURL, compose.Builtin
	}
	return []compose.Source{s}, "", nil
}
