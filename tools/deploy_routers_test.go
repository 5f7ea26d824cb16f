package tools

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/gateway"
	"github.com/vetgraph/vetgraph/server"
)

// cosmoRouter is what we say to Cosmo Router, in its words (router 0.341, config.schema.json).
// A word that is not here is refused: look it up there, then add it.
type cosmoRouter struct {
	Version         string
	ListenAddr      string `yaml:"listen_addr"`
	GraphqlPath     string `yaml:"graphql_path"`
	JSONLog         bool   `yaml:"json_log"`
	LogLevel        string `yaml:"log_level"`
	DevMode         bool   `yaml:"dev_mode"`
	Playground      enabled
	Introspection   enabled
	ExecutionConfig struct {
		File struct {
			Path          string
			Watch         bool
			WatchInterval string `yaml:"watch_interval"`
		}
	} `yaml:"execution_config"`
	Headers struct {
		All       cosmoRules
		Subgraphs map[string]cosmoRules
	}
	Websocket struct {
		Enabled                   bool
		AbsintheProtocol          enabled `yaml:"absinthe_protocol"`
		ForwardUpgradeHeaders     enabled `yaml:"forward_upgrade_headers"`
		ForwardUpgradeQueryParams enabled `yaml:"forward_upgrade_query_params"`
		ForwardInitialPayload     *bool   `yaml:"forward_initial_payload"`
		Authentication            struct {
			FromInitialPayload struct {
				Enabled     bool
				Key         string
				ExportToken struct {
					Enabled   bool
					HeaderKey string `yaml:"header_key"`
				} `yaml:"export_token"`
			} `yaml:"from_initial_payload"`
		}
	}
	TrafficShaping struct {
		Router struct {
			MaxRequestBodySize string `yaml:"max_request_body_size"`
			MaxHeaderBytes     string `yaml:"max_header_bytes"`
		}
		All       cosmoShape
		Subgraphs map[string]cosmoShape
	} `yaml:"traffic_shaping"`
	Engine struct {
		EnableSingleFlight                *bool `yaml:"enable_single_flight"`
		EnableInboundRequestDeduplication *bool `yaml:"enable_inbound_request_deduplication"`
	}
	Security struct {
		ComplexityLimits struct {
			Depth struct {
				Enabled bool
				Limit   int
			}
		} `yaml:"complexity_limits"`
		ParserLimits struct {
			ApproximateDepthLimit int `yaml:"approximate_depth_limit"`
			TotalFieldsLimit      int `yaml:"total_fields_limit"`
		} `yaml:"parser_limits"`
	}
	Batching                 enabled
	FileUpload               enabled `yaml:"file_upload"`
	SubgraphErrorPropagation struct {
		Mode                   string
		RewritePaths           bool     `yaml:"rewrite_paths"`
		AttachServiceName      bool     `yaml:"attach_service_name"`
		AllowedExtensionFields []string `yaml:"allowed_extension_fields"`
	} `yaml:"subgraph_error_propagation"`
	Telemetry struct {
		ServiceName string `yaml:"service_name"`
		Tracing     struct {
			Enabled                    bool
			ExportGraphqlVariables     bool `yaml:"export_graphql_variables"`
			OperationContentAttributes bool `yaml:"operation_content_attributes"`
			Propagation                struct {
				TraceContext bool `yaml:"trace_context"`
			}
			Exporters []struct{ Exporter, Endpoint string }
		}
		Metrics struct {
			Otlp       enabled
			Prometheus struct {
				Enabled    bool
				ListenAddr string `yaml:"listen_addr"`
				Path       string
			}
		}
	}
	GraphqlMetrics enabled `yaml:"graphql_metrics"`
	ShutdownDelay  string  `yaml:"shutdown_delay"`
	GracePeriod    string  `yaml:"grace_period"`
}

type enabled struct{ Enabled *bool }

func (e enabled) off() bool { return e.Enabled != nil && !*e.Enabled }

type cosmoRules struct {
	Request []struct{ Op, Named, Name, Value string }
}

type cosmoShape struct {
	RequestTimeout string `yaml:"request_timeout"`
	DialTimeout    string `yaml:"dial_timeout"`
	Retry          struct {
		Enabled               bool
		Algorithm, Expression string
		MaxAttempts           int `yaml:"max_attempts"`
		Interval              string
		MaxDuration           string `yaml:"max_duration"`
	}
}

// apolloRouter is what we say to Apollo Router, in its words (apollo-router 2.13, router config schema).
type apolloRouter struct {
	Supergraph struct {
		Listen, Path              string
		Introspection             *bool
		DeferSupport              bool   `yaml:"defer_support"`
		ConnectionShutdownTimeout string `yaml:"connection_shutdown_timeout"`
	}
	Homepage, Sandbox enabled
	HealthCheck       struct {
		Enabled      bool
		Listen, Path string
	} `yaml:"health_check"`
	Headers struct {
		All       apolloRules
		Subgraphs map[string]apolloRules
	}
	Subscription struct {
		Enabled       string
		Deduplication enabled
		Mode          struct {
			Passthrough struct {
				Subgraphs map[string]struct {
					Path, Protocol    string
					HeartbeatInterval string `yaml:"heartbeat_interval"`
				}
			}
		}
	}
	TrafficShaping struct {
		Router    struct{ Timeout string }
		All       apolloShape
		Subgraphs map[string]apolloShape
	} `yaml:"traffic_shaping"`
	Limits struct {
		HTTPMaxRequestBytes int `yaml:"http_max_request_bytes"`
		ParserMaxTokens     int `yaml:"parser_max_tokens"`
		ParserMaxRecursion  int `yaml:"parser_max_recursion"`
	}
	IncludeSubgraphErrors struct{ All bool } `yaml:"include_subgraph_errors"`
	Csrf                  struct {
		RequiredHeaders []string `yaml:"required_headers"`
	}
	Telemetry struct {
		Apollo struct {
			Sampler string `yaml:"field_level_instrumentation_sampler"`
		}
		Exporters struct {
			Tracing struct {
				Propagation struct {
					TraceContext bool `yaml:"trace_context"`
				}
				Common struct {
					ServiceName string `yaml:"service_name"`
				}
				Otlp struct {
					Enabled            bool
					Protocol, Endpoint string
				}
			}
			Metrics struct {
				Prometheus struct {
					Enabled      bool
					Listen, Path string
				}
			}
		}
	}
}

type apolloRules struct {
	Request []struct {
		Propagate struct{ Named string }
		Insert    struct{ Name, Value string }
	}
}

type apolloShape struct {
	Timeout          string
	DeduplicateQuery *bool `yaml:"deduplicate_query"`
}

// strictly decodes what has no word too many and no value of another type.
func strictly(text string, into any) error {
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	return d.Decode(into)
}

// A word that a router does not know, and a value of another type, are found.
func TestRouterMistakesAreFound(t *testing.T) {
	files := deployFiles(t)
	for _, c := range []struct {
		file, old, new string
		into           any
	}{
		{"routers/cosmo/cosmo.yaml", "forward_initial_payload:", "forward_init_payload:", &cosmoRouter{}},
		{"routers/cosmo/cosmo.yaml", "op: propagate, named:", "op: propagate, name_d:", &cosmoRouter{}},
		{"routers/cosmo/cosmo.yaml", "max_attempts: 3", "max_attempts: three", &cosmoRouter{}},
		{"routers/apollo/apollo-router.yaml", "deduplicate_query:", "dedup_query:", &apolloRouter{}},
		{"routers/apollo/apollo-router.yaml", "parser_max_tokens: 15000", "parser_max_tokens: [15000]", &apolloRouter{}},
		{"routers/apollo/apollo-router.yaml", "- insert:", "- set:", &apolloRouter{}},
	} {
		if bad := strings.Replace(files[c.file], c.old, c.new, 1); bad == files[c.file] || strictly(bad, c.into) == nil {
			t.Errorf("%s with %q is taken", c.file, c.new)
		}
	}
}

// passes is what goes to whom, by the name of a header in small letters: what is
// sent of the router's own, or "" for what the caller said.
type passes map[string]map[string]string

// Who asks is told to the hub alone, each subgraph has a secret of its own from the
// environment, and no answer to one caller is another's.
func TestRoutersTellTheTokenToTheHubOnly(t *testing.T) {
	var cosmo cosmoRouter
	var apollo apolloRouter
	files := deployFiles(t)
	if err := errors.Join(strictly(files["routers/cosmo/cosmo.yaml"], &cosmo), strictly(files["routers/apollo/apollo-router.yaml"], &apollo)); err != nil {
		t.Fatal(err)
	}

	toCosmo, toApollo := passes{}, passes{}
	for name, rules := range cosmo.Headers.Subgraphs {
		toCosmo[name] = map[string]string{}
		for _, r := range slices.Concat(cosmo.Headers.All.Request, rules.Request) {
			toCosmo[name][strings.ToLower(r.Named+r.Name)] = r.Value
		}
	}
	for name, rules := range apollo.Headers.Subgraphs {
		toApollo[name] = map[string]string{}
		for _, r := range slices.Concat(apollo.Headers.All.Request, rules.Request) {
			toApollo[name][strings.ToLower(r.Propagate.Named+r.Insert.Name)] = strings.Replace(r.Insert.Value, "env.", "", 1)
		}
	}
	for router, to := range map[string]passes{"cosmo": toCosmo, "apollo": toApollo} {
		if len(to) != len(released(t)) {
			t.Errorf("%s: rules for %d subgraphs of %d", router, len(to), len(released(t)))
		}
		for _, name := range released(t) {
			if want := "${" + strings.ToUpper(name) + "_SECRET}"; to[name]["vetgraph-router-secret"] != want {
				t.Errorf("%s: %s is shown %q, not %s", router, name, to[name]["vetgraph-router-secret"], want)
			}
			if _, told := to[name]["authorization"]; told != (name == "hub") {
				t.Errorf("%s: is %s told who asks? %t", router, name, told)
			}
			for _, never := range []string{"cookie", ""} {
				if _, told := to[name][never]; told {
					t.Errorf("%s: %s is told %q", router, name, never)
				}
			}
			if _, told := to[name]["x-request-id"]; !told {
				t.Errorf("%s: %s is not told X-Request-Id", router, name)
			}
		}
	}
	off := map[string]bool{
		"cosmo: introspection": cosmo.Introspection.off(), "cosmo: playground": cosmo.Playground.off(), "cosmo: batches": cosmo.Batching.off(), "cosmo: uploads": cosmo.FileUpload.off(),
		"cosmo: one flight": cosmo.Engine.EnableSingleFlight != nil && !*cosmo.Engine.EnableSingleFlight,
		"cosmo: one answer": cosmo.Engine.EnableInboundRequestDeduplication != nil && !*cosmo.Engine.EnableInboundRequestDeduplication,
		"cosmo: variables":  !cosmo.Telemetry.Tracing.ExportGraphqlVariables && cosmo.Telemetry.Metrics.Otlp.off() && cosmo.GraphqlMetrics.off(),
		"cosmo: what came with a websocket, in messages to partners": cosmo.Websocket.ForwardUpgradeHeaders.off() && cosmo.Websocket.ForwardUpgradeQueryParams.off() &&
			(enabled{cosmo.Websocket.ForwardInitialPayload}).off(),
		"apollo: introspection": apollo.Supergraph.Introspection != nil && !*apollo.Supergraph.Introspection,
		"apollo: sandbox":       apollo.Sandbox.off() && apollo.Homepage.off(), "apollo: one stream": apollo.Subscription.Deduplication.off(),
	}
	for name, shape := range apollo.TrafficShaping.Subgraphs {
		off["apollo: one answer of "+name] = shape.DeduplicateQuery != nil && !*shape.DeduplicateQuery
	}
	for what, is := range off {
		if !is {
			t.Errorf("%s is not off", what)
		}
	}
	if !cosmo.Telemetry.Tracing.Propagation.TraceContext || !apollo.Telemetry.Exporters.Tracing.Propagation.TraceContext {
		t.Error("traces end at a router")
	}
	for name, s := range apollo.Subscription.Mode.Passthrough.Subgraphs {
		if want := map[string]string{"hub": "/subgraph", "concessions": "/graphql"}[name]; s.Path != want || s.Protocol != "graphql_ws" {
			t.Errorf("apollo: subscriptions of %s go to %q by %q", name, s.Path, s.Protocol)
		}
	}
}

// released are the subgraphs of the supergraph that the image carries.
func released(t *testing.T) []string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "graph", "supergraph.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := gateway.Names(string(body))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// The graph of a router is composed as the image does it, of all that is released, at
// the addresses of deploy/; and the list of the embedded gateway is one of them.
func TestDeployedGraphIsComposed(t *testing.T) {
	folder := t.TempDir()
	files := deployFiles(t)
	for name, body := range map[string]string{"supergraph.yaml": files["routers/supergraph.yaml"], "subgraphs.yaml": strings.ReplaceAll(files["subgraphs.yaml"], "/run/secrets/", ""),
		"concessions": "a\n", "courses": "b\n", "concessions.graphqls": "", "courses.graphqls": ""} {
		if source, ok := strings.CutSuffix(name, ".graphqls"); ok {
			schema, err := os.ReadFile(filepath.Join("..", "docs", "examples", source, "schema.graphqls"))
			if err != nil {
				t.Fatal(err)
			}
			body = string(schema)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600); err != nil { //nolint:gosec // a folder of the test's own
			t.Fatal(err)
		}
	}
	made := filepath.Join(folder, "supergraph.graphql")
	var errs bytes.Buffer
	if status := server.Main([]string{"compose", "--out", made, filepath.Join(folder, "supergraph.yaml")}, io.Discard, &errs); status != 0 {
		t.Fatal(errs.String())
	}
	body, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	names, err := gateway.Names(string(body))
	if err != nil || !slices.Equal(names, released(t)) {
		t.Errorf("it has %v, and released are %v: %v", names, released(t), err)
	}
	for _, want := range []string{"http://hub-subgraph:8081/subgraph", "http://concessions:8091/graphql", "http://courses:8092/graphql"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("nothing is at %s", want)
		}
	}
	var graph struct {
		Subgraphs []struct{ Name string }
	}
	if err := yaml.Unmarshal([]byte(files["routers/cosmo/graph.yaml"]), &graph); err != nil || len(graph.Subgraphs) != len(names) {
		t.Errorf("Cosmo's graph has %d subgraphs of %d: %v", len(graph.Subgraphs), len(names), err)
	}
	var inCluster string
	for _, m := range manifestsOf(t) {
		if m.Kind == "ConfigMap" && m.Metadata.Name == "subgraphs" {
			inCluster = regexp.MustCompile(`/etc/vetgraph/routers/`).ReplaceAllString(m.Data["subgraphs.yaml"], "")
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "cluster.yaml"), []byte(inCluster), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"subgraphs.yaml", "cluster.yaml"} {
		errs.Reset() // the list is read before the address is taken, which is none
		server.Main([]string{"gateway", "--oidc-issuer", "https://login.example.org", "--oidc-audience", "vetgraph", "--supergraph", made, "--subgraphs", filepath.Join(folder, list), "--at", "nowhere"}, io.Discard, &errs)
		if !strings.Contains(errs.String(), "cannot listen on nowhere") || inCluster == "" {
			t.Errorf("%s is not taken: %s", list, errs.String())
		}
	}
}
