// Command partners runs the whole graph of veterans' affairs on one machine: the hub and two partners' subgraphs.
//
//	go run ./tools/partners
//	go run ./tools/partners --data DIR -- --veterans 200 --listen 127.0.0.1:9080
//
// It runs in the repository's root. What stands behind -- goes to the hub. The
// partners are programs of their own, docs/examples/concessions in Go and
// docs/examples/courses in TypeScript; the hub answers all three at /graphql, by
// graph/supergraph.graphql. Without Node.js there are no courses, and it says so.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/server"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintf(os.Stderr, "partners: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("partners", flag.ContinueOnError)
	flags.SetOutput(errs)
	data := flags.String("data", cmp.Or(os.Getenv("VETGRAPH_DATA"), ".vetgraph"), "data folder of the hub; the partners' are below 数据目录")
	concessions := flags.String("concessions", "127.0.0.1:8091", "address of the transport operator's subgraph 交通子图地址")
	courses := flags.String("courses", "127.0.0.1:8092", "address of the training school's subgraph 学校子图地址")
	secret := flags.String("secret", "", "what partners ask routers for; made up if left out 路由器口令")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := os.Stat(supergraph); err != nil {
		return fmt.Errorf("run this in the root of the repository (请在仓库根目录运行): %w", err)
	}
	if *secret == "" {
		*secret = rand.Text()
	}
	work, err := filepath.Abs(filepath.Join(*data, "partners"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(work, 0o700); err != nil { //nolint:gosec // a folder that whoever runs this names
		return err
	}
	to := &terminal{to: errs}
	partners := []*partner{
		{name: "concessions", listen: *concessions, secret: *secret, data: filepath.Join(work, "concessions"), make: goProgram(work, "concessions")},
		{name: "courses", listen: *courses, secret: *secret, data: filepath.Join(work, "courses"), make: nodeProgram},
	}
	// A signal ends what is being made. Later the hub hears it too, and the partners
	// end after the hub: their answers may still be under way.
	signalled, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	running, end := context.WithCancel(context.Background())
	defer func() {
		end()
		for _, p := range partners {
			p.wait()
		}
	}()
	for _, p := range partners {
		if err := p.start(signalled, running, to); errors.Is(err, errNoCourses) {
			to.say(p.name + " │ 未启动，其字段为空。\n" + p.name + " │ It does not run, and its fields are null: " + err.Error())
		} else if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	subgraphs := filepath.Join(work, "subgraphs.yaml")
	if err := writeSubgraphs(subgraphs, partners); err != nil {
		return err
	}
	for _, p := range partners {
		if p.url != "" {
			to.say(fmt.Sprintf("  %-15s %s", p.name, p.url))
		}
	}
	hub := append([]string{"serve", "--supergraph", supergraph, "--subgraphs", subgraphs, "--data", *data}, flags.Args()...)
	if status := server.Main(hub, out, errs); status != 0 {
		return fmt.Errorf("the hub ended with status %d", status)
	}
	return nil
}

// supergraph is the released one, of the hub and both partners.
var supergraph = filepath.Join("graph", "supergraph.graphql")

// writeSubgraphs tells the hub where its partners are, or would be, and their secret.
func writeSubgraphs(file string, partners []*partner) error {
	type entry struct {
		URL    string `yaml:"url"`
		Secret string `yaml:"secret"`
	}
	all := map[string]entry{}
	for _, p := range partners {
		all[p.name] = entry{"http://" + p.listen + "/graphql", p.secret}
		if p.url != "" { // the port may have been 0
			all[p.name] = entry{p.url, p.secret}
		}
	}
	body, err := yaml.Marshal(all) //nolint:gosec // the secrets are what it is written for
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, body, 0o600); err != nil { //nolint:gosec // same
		return fmt.Errorf("where the subgraphs are: %w", err)
	}
	return nil
}

// environment is ours, with a partner's secret: arguments are for everybody to see.
func environment(name, secret string) []string {
	return append(os.Environ(), strings.ToUpper(name)+"_SECRET="+secret)
}
