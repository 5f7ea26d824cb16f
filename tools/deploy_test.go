package tools

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var deploy = filepath.Join("..", "deploy")

// planted are mistakes that somebody could make, each in one place, and what must be said of it.
var planted = map[string]struct{ file, old, new, want string }{
	"a key that Kubernetes does not know":   {"kubernetes/hub.yaml", "          readinessProbe:", "          readynessProbe:", "readynessProbe"},
	"a text where a number belongs":         {"kubernetes/hub.yaml", "replicas: 2", `replicas: "2"`, "spec.replicas"},
	"a container without a name":            {"kubernetes/migrate.yaml", "- name: migrate\n          image: vetgraph", "- image: vetgraph", "name"},
	"a kind that does not exist":            {"kubernetes/services.yaml", "kind: Service\n", "kind: Servant\n", "no Servant"},
	"a version of an API that is gone":      {"kubernetes/hub.yaml", "apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n", "no stable version"},
	"a value outside of its list":           {"kubernetes/network.yaml", "protocol: TCP", "protocol: HTTP", "protocol"},
	"a key that is there twice":             {"kubernetes/namespace.yaml", "metadata:\n", "metadata: {}\nmetadata:\n", "unique"},
	"a manifest without a kind":             {"kubernetes/namespace.yaml", "kind: Namespace\n", "", "has no undefined"},
	"a key that Kustomize does not know":    {"routers/apollo/kustomization.yaml", "configMapGenerator:", "configMapGenerators:", "configMapGenerators"},
	"a key that Compose does not know":      {"compose.yaml", "stop_grace_period: 60s", "stop_grace: 60s", "stop_grace"},
	"a service that is no mapping":          {"compose.yaml", "  hub-2:\n    <<: *hub\n", "  hub-2: hub\n", "/services/hub-2"},
	"a policy of restarts of another type":  {"compose.yaml", "restart: unless-stopped", "restart: [always]", "restart"},
	"an instruction that builders refuse":   {"Containerfile", "USER 65532:65532", "USR 65532:65532", "Unknown instruction: USR"},
	"a flag of an instruction that is none": {"courses.Containerfile", "--chown=65532:65532", "--owner=65532:65532", "owner"},
	"a port that is no number":              {"Containerfile", "EXPOSE 8091", "EXPOSE eight", "eight"},
}

// Every file of deploy/ is what its program reads; and a mistake in it is found, so
// that this is worth something.
func TestDeployIsWellFormed(t *testing.T) {
	folders := map[string]string{}
	args := []string{filepath.Join("..", deploy)}
	for name, p := range planted {
		folders[name] = filepath.Join(t.TempDir(), "deploy")
		args = append(args, folders[name])
		if err := os.CopyFS(folders[name], tracked(t)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folders[name], p.file)
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(body), p.old) {
			t.Fatalf("%s: %s has no %q", name, p.file, p.old)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(body), p.old, p.new, 1)), 0o600); err != nil { //nolint:gosec // a copy in a folder of the test's own
			t.Fatal(err)
		}
	}
	said, _ := node(t, "deploy/lint.mjs", args...)
	found := map[string][]string{}
	for line := range strings.Lines(said) {
		folder, finding, ok := strings.Cut(line, ": ")
		if !ok {
			t.Errorf("it says %q", line)
		}
		found[folder] = append(found[folder], finding)
	}
	for name, p := range planted {
		all := strings.Join(found[folders[name]], "")
		if !strings.HasPrefix(all, p.file+": ") || !strings.Contains(all, p.want) {
			t.Errorf("%s: it says %q, nothing of %q in %s", name, all, p.want, p.file)
		}
		delete(found, folders[name])
	}
	for folder, findings := range found {
		t.Errorf("%s:\n%s", folder, strings.Join(findings, ""))
	}
}

// tracked is deploy/ without what an operator puts beside it: secrets, what scripts write.
func tracked(t *testing.T) fs.FS {
	t.Helper()
	kept := filepath.Join(t.TempDir(), "kept")
	for name, body := range deployFiles(t) {
		file := filepath.Join(kept, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return os.DirFS(kept)
}

// deployFiles are the files of deploy/ that belong to the repository, by their path within it.
func deployFiles(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	root := os.DirFS(deploy)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "secrets" || name == "routers/cosmo/schemas"):
			return fs.SkipDir
		case d.IsDir() || name == ".env" || name == "routers/cosmo/execution.json":
			return nil
		}
		body, err := fs.ReadFile(root, name)
		all[name] = string(body)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("nothing in deploy: %v", err)
	}
	return all
}
