package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

const sdkFolder = "../web/sdk/"

// The package's types are made from our schema as it is.
func TestSDKSchema(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	res, err := http.Get(k.public + "/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	now, _ := io.ReadAll(res.Body)
	if *update {
		if err := os.WriteFile(sdkFolder+"schema.graphql", now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(sdkFolder + "schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != string(now) {
		t.Error("web/sdk/schema.graphql is older than the schema: go test ./server -run TestSDKSchema -update, then npm run generate in web/sdk")
	}
}

// A portal's whole way by the package as it is published (npm run build), at a hub
// that runs nothing but the package's documents.
func TestSDK(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil, func(c *server.Config) {
		c.Documents, c.TrustedOnly = []string{sdkFolder + "src/generated/persisted-documents.json"}, true
	})
	input, err := json.Marshal(k.everything(0))
	if err != nil {
		t.Fatal(err)
	}
	nodeIn(t, "web/sdk", "test/hub.mjs", k.public+"/graphql", k.token("veteran0"), k.heroes[0], string(input))
}
