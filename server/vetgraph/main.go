// Command vetgraph is the hub: see the README, or run it and look.
package main

import (
	"os"

	"github.com/vetgraph/vetgraph/server"
)

func main() { os.Exit(server.Main(os.Args[1:], os.Stdout, os.Stderr)) }
