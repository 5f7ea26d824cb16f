package tools

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/server"
)

// Of the variables that begin like ours one is not the program's: the image that Compose runs.
var notSettings = []string{"VETGRAPH_IMAGE"}

var (
	settingName = regexp.MustCompile(`\bVETGRAPH_[A-Z_]*[A-Z]\b`)
	flagName    = regexp.MustCompile(`^--([a-z-]+)`)
)

// helped is what the program says of itself and of the commands that deploy/ runs.
func helped(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"migrate", "--help"}, {"compose", "--help"}, {"gateway", "--help"}} {
		if status := server.Main(args, &all, io.Discard); status != 0 {
			t.Fatalf("%v: status %d", args, status)
		}
	}
	return all.String()
}

// Whatever deploy/ and its page call a setting is one.
func TestDeploySettingsExist(t *testing.T) {
	said := helped(t)
	files := deployFiles(t)
	files["deploy.md"] = pageOf(t, "deploy.md")
	used := 0
	for name, body := range files {
		for _, setting := range settingName.FindAllString(body, -1) {
			if used++; !strings.Contains(said, "$"+setting+")") && !slices.Contains(notSettings, setting) {
				t.Errorf("%s names %s, which is no setting", name, setting)
			}
		}
	}
	if used < 20 {
		t.Errorf("only %d settings were found: is it looked for as they are written?", used)
	}
	args := map[string][]string{"server": nil, "docs/examples/concessions/main.go": nil, "docs/examples/courses/src/main.ts": nil}
	for name, s := range stackOf(t).Services {
		if strings.Contains(s.Image, "/vetgraph:") {
			args["server"] = append(args["server"], s.Command...)
		} else if len(s.Command) > 0 && name != "front" && name != "apollo-router" {
			t.Errorf("%s has arguments that nobody holds against its program", name)
		}
	}
	for _, m := range manifestsOf(t) {
		for _, c := range slices.Concat(m.pod().InitContainers, m.pod().Containers) {
			if c.Image == "vetgraph" {
				args["server"] = append(args["server"], c.Args...)
			}
		}
	}
	for file, program := range map[string]string{"Containerfile": "docs/examples/concessions/main.go", "courses.Containerfile": "docs/examples/courses/src/main.ts"} {
		for _, arg := range regexp.MustCompile(`"(--[a-z-]+)"`).FindAllStringSubmatch(files[file], -1) {
			args[program] = append(args[program], arg[1])
		}
	}
	for program, all := range args {
		source := said
		if program != "server" {
			body, err := os.ReadFile(filepath.Join("..", program))
			if err != nil {
				t.Fatal(err)
			}
			source = string(body)
		}
		flags := 0
		for _, arg := range all {
			if m := flagName.FindStringSubmatch(arg); m != nil {
				flags++
				if !regexp.MustCompile(`--` + m[1] + `\b|\("` + m[1] + `"|\b` + m[1] + `: \{ type`).MatchString(source) {
					t.Errorf("%s has no flag --%s", program, m[1])
				}
			}
		}
		if flags == 0 {
			t.Errorf("nothing is said to %s: is it looked for as it is written?", program)
		}
	}
}

// The settings of compose.yaml and of kubernetes/ are a production hub's: the program
// itself says so. Only where a file stands, or a secret, is put in their place.
func TestDeployedHubsAreConfigured(t *testing.T) {
	folder := t.TempDir()
	put := func(name, body string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil { //nolint:gosec // a folder of the test's own
			t.Fatal(err)
		}
		return file
	}
	for _, name := range []string{"keys.json", "endpoints.yaml", "roster.yaml"} {
		put(name, "")
	}
	base := imageEnvironment(t)
	compose := stackOf(t).Services["hub-1"]
	cluster := map[string]string{}
	for _, m := range manifestsOf(t) {
		if m.Kind == "ConfigMap" && m.Metadata.Name == "vetgraph" {
			maps.Copy(cluster, m.Data)
		}
		if m.Kind == "Deployment" && m.Metadata.Name == "hub" {
			for _, e := range m.pod().Containers[0].Env {
				cluster[e.Name] = e.Value
			}
		}
	}
	for name, env := range map[string]map[string]string{"compose.yaml": compose.Environment, "kubernetes": cluster} {
		t.Run(name, func(t *testing.T) {
			all := maps.Clone(base)
			for key, value := range env {
				all[key] = regexp.MustCompile(`\$\{[A-Z_]+:\?\}`).ReplaceAllString(value, "x")
			}
			for key, value := range map[string]string{"VETGRAPH_SUBGRAPH_SECRET": "x", "VETGRAPH_OIDC_ISSUER": "https://login.example.org", "VETGRAPH_PUBLIC_URL": "https://hub.example.org"} {
				if _, ok := all[key]; !ok {
					t.Errorf("%s is not set", key)
				}
				all[key] = value
			}
			all["VETGRAPH_TRACES"] = ""
			var out bytes.Buffer
			for key, value := range all {
				if file := filepath.Join(folder, filepath.Base(value)); strings.HasPrefix(key, "VETGRAPH_") && strings.HasPrefix(value, "/") {
					value = file
				}
				t.Setenv(key, value)
			}
			// Nobody listens at this database; that is for doctor to say, after the configuration.
			t.Setenv("VETGRAPH_DATABASE", "postgres://vetgraph@127.0.0.1:1/vetgraph?connect_timeout=1")
			t.Setenv("VETGRAPH_OIDC_ISSUER", "http://127.0.0.1:1")
			server.Main([]string{"doctor"}, &out, io.Discard)
			if first, _, _ := strings.Cut(out.String(), "\n"); !strings.HasPrefix(first, "✓") || !strings.Contains(first, "production") {
				t.Errorf("the configuration is not taken:\n%s", out.String())
			}
		})
	}
}

// imageEnvironment is what the hub's image sets.
func imageEnvironment(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)(VETGRAPH_[A-Z_]+)=(\S+)`).FindAllStringSubmatch(deployFiles(t)["Containerfile"], -1) {
		env[m[1]] = m[2]
	}
	if env["VETGRAPH_DEMO"] != "false" {
		t.Error("the image does not run in production")
	}
	return env
}

// Every port is the one that the program has by default, and the same everywhere.
func TestDeployPortsAgree(t *testing.T) {
	files := deployFiles(t)
	defaults, env := reflect.TypeFor[server.Config](), imageEnvironment(t)
	ports := map[string]string{}
	for name, field := range map[string]string{"public": "Listen", "subgraph": "SubgraphListen", "admin": "AdminListen"} {
		f, _ := defaults.FieldByName(field)
		_, port, err := net.SplitHostPort(f.Tag.Get("default"))
		if err != nil {
			t.Fatal(err)
		}
		ports[name] = port
		setting := "VETGRAPH_" + strings.ToUpper(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(field, "${1}_${2}"))
		if env[setting] != "0.0.0.0:"+port {
			t.Errorf("the image has %s=%s, and the default is port %s", setting, env[setting], port)
		}
	}
	for name, source := range map[string]string{"concessions": "docs/examples/concessions/main.go", "courses": "docs/examples/courses/src/main.ts"} {
		body, err := os.ReadFile(filepath.Join("..", source))
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`127\.0\.0\.1:(\d+)`).FindSubmatch(body)
		if m == nil {
			t.Fatalf("%s has no default address", source)
		}
		ports[name] = string(m[1])
	}
	wants := map[string][]string{
		"Containerfile":            {"EXPOSE " + ports["public"] + " " + ports["subgraph"] + " " + ports["admin"], "EXPOSE " + ports["concessions"], "127.0.0.1:" + ports["admin"] + "/healthz", "0.0.0.0:" + ports["concessions"]},
		"courses.Containerfile":    {"EXPOSE " + ports["courses"], "0.0.0.0:" + ports["courses"]},
		"compose.yaml":             {"127.0.0.1:" + ports["admin"] + "/readyz", "127.0.0.1:" + ports["concessions"] + "/healthz", "127.0.0.1:" + ports["courses"] + "/healthz"},
		"haproxy.cfg":              {"bind :" + ports["public"], "bind :" + ports["subgraph"], "check port " + ports["admin"], "hub-1:" + ports["public"], "hub-2:" + ports["public"], "hub-1:" + ports["subgraph"], "hub-2:" + ports["subgraph"]},
		"kubernetes/hub.yaml":      {"{ name: public, containerPort: " + ports["public"] + " }", "{ name: subgraph, containerPort: " + ports["subgraph"] + " }", "{ name: admin, containerPort: " + ports["admin"] + " }"},
		"kubernetes/services.yaml": {"port: " + ports["public"] + ", targetPort: public", "port: " + ports["subgraph"] + ", targetPort: subgraph", "port: " + ports["admin"] + ", targetPort: admin"},
		"kubernetes/partners.yaml": {"containerPort: " + ports["concessions"] + " ", "port: " + ports["concessions"] + ",", "containerPort: " + ports["courses"] + " ", "port: " + ports["courses"] + ","},
	}
	for name, all := range wants {
		for _, want := range all {
			if !strings.Contains(files[name], want) {
				t.Errorf("%s has nothing of %q", name, want)
			}
		}
	}
	addresses := map[string]string{"hub-subgraph": ports["subgraph"] + "/subgraph", "concessions": ports["concessions"] + "/graphql", "courses": ports["courses"] + "/graphql"}
	for name, body := range files {
		for _, m := range regexp.MustCompile(`http://(hub-subgraph|concessions|courses):([^\s"]+)`).FindAllStringSubmatch(body, -1) {
			if addresses[m[1]] != m[2] {
				t.Errorf("%s asks %s at %s, and it answers at %s", name, m[1], m[2], addresses[m[1]])
			}
		}
	}
}

// What compose.yaml asks of its environment stands in env.example, and nothing else does.
func TestComposeAsksForWhatIsDescribed(t *testing.T) {
	files := deployFiles(t)
	asked, described := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)`).FindAllStringSubmatch(files["compose.yaml"], -1) {
		asked[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(files["env.example"], -1) {
		described[m[1]] = true
	}
	if !maps.Equal(asked, described) || len(asked) == 0 {
		t.Errorf("asked for: %v\ndescribed: %v", slices.Sorted(maps.Keys(asked)), slices.Sorted(maps.Keys(described)))
	}
	s := stackOf(t)
	for _, all := range []map[string]map[string]string{s.Secrets, s.Configs} {
		for name, from := range all {
			if from["file"] == "" || len(from) != 1 {
				t.Errorf("%s is no file: Compose puts nothing else into a read-only root", name)
			} else if _, ok := files[from["file"]]; !ok && !strings.HasPrefix(from["file"], "secrets/") && from["file"] != "routers/cosmo/execution.json" {
				t.Errorf("%s is %s, which is not there", name, from["file"])
			} else if strings.HasPrefix(from["file"], "secrets/") && !strings.Contains(pageOf(t, "deploy.md"), path.Base(from["file"])) {
				t.Errorf("docs/deploy.md says nothing of %s", from["file"])
			}
		}
	}
	for name, body := range map[string]string{"cosmo": files["routers/cosmo/cosmo.yaml"], "apollo": files["routers/apollo/apollo-router.yaml"]} {
		given := s.Services[name+"-router"].Environment
		for _, m := range regexp.MustCompile(`\$\{(?:env\.)?([A-Z_]+)`).FindAllStringSubmatch(body, -1) {
			if _, ok := given[m[1]]; !ok {
				t.Errorf("%s-router is not given %s", name, m[1])
			}
		}
		for _, m := range manifestsOf(t) {
			if m.file == "routers/"+name+"/router.yaml" && m.Kind == "Deployment" {
				for _, want := range regexp.MustCompile(`\$\{(?:env\.)?([A-Z_]+)`).FindAllStringSubmatch(body, -1) {
					if !slices.ContainsFunc(m.pod().Containers[0].Env, func(e variable) bool { return e.Name == want[1] }) {
						t.Errorf("%s does not give %s", m.file, want[1])
					}
				}
			}
		}
	}
}

// stack is what tests want of compose.yaml.
type stack struct {
	Secrets, Configs map[string]map[string]string
	Services         map[string]struct {
		Image       string
		Command     []string
		Environment map[string]string
	}
}

func stackOf(t *testing.T) (s stack) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(deployFiles(t)["compose.yaml"]), &s); err != nil {
		t.Fatal(fmt.Errorf("compose.yaml: %w", err))
	}
	return s
}

// pageOf is a page of docs/.
func pageOf(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
