package tools

import (
	"errors"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// manifest is what tests want of a Kubernetes manifest; how each is written is
// TestDeployIsWellFormed's.
type manifest struct {
	file       string
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Data       map[string]string
	Spec       struct {
		Selector    yaml.Node
		PodSelector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		} `yaml:"podSelector"`
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     pod
		}
	}
	Resources          []string
	Images             []struct{ Name string }
	ConfigMapGenerator []struct {
		Name  string
		Files []string
	} `yaml:"configMapGenerator"`
}

type pod struct {
	EnableServiceLinks           *bool `yaml:"enableServiceLinks"`
	AutomountServiceAccountToken *bool `yaml:"automountServiceAccountToken"`
	SecurityContext              struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	InitContainers []container `yaml:"initContainers"`
	Containers     []container
	Volumes        []struct {
		ConfigMap struct{ Name string } `yaml:"configMap"`
		Secret    struct {
			SecretName string `yaml:"secretName"`
		}
	}
}

type container struct {
	Name, Image string
	Args        []string
	Env         []variable
	EnvFrom     []struct {
		ConfigMapRef struct{ Name string } `yaml:"configMapRef"`
	} `yaml:"envFrom"`
	Resources struct {
		Requests, Limits map[string]string
	}
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
}

type variable struct {
	Name, Value string
	ValueFrom   struct {
		SecretKeyRef    struct{ Name, Key string } `yaml:"secretKeyRef"`
		ConfigMapKeyRef struct{ Name, Key string } `yaml:"configMapKeyRef"`
	} `yaml:"valueFrom"`
}

func (m *manifest) pod() pod { return m.Spec.Template.Spec }

// selects are the labels of what a manifest is about.
func (m *manifest) selects(t *testing.T) map[string]string {
	t.Helper()
	if m.Kind == "NetworkPolicy" {
		return m.Spec.PodSelector.MatchLabels
	}
	var of struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	labels := map[string]string{}
	if m.Kind == "Service" {
		if err := m.Spec.Selector.Decode(&labels); err != nil {
			t.Fatal(err)
		}
		return labels
	}
	if m.Spec.Selector.IsZero() {
		return nil
	}
	if err := m.Spec.Selector.Decode(&of); err != nil {
		t.Fatal(err)
	}
	return of.MatchLabels
}

// manifestsOf are all manifests of deploy/, kustomizations as well.
func manifestsOf(t *testing.T) (all []*manifest) {
	t.Helper()
	files := deployFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".yaml") || !strings.Contains(files[name], "\nkind: ") {
			continue
		}
		for d := yaml.NewDecoder(strings.NewReader(files[name])); ; {
			m := manifest{file: name}
			if err := d.Decode(&m); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, &m)
		}
	}
	return all
}

// Every kustomization names what there is, and everything is named by one.
func TestKustomizationsNameWhatThereIs(t *testing.T) {
	files, named := deployFiles(t), map[string]bool{}
	made := []string{"routers/cosmo/execution.json"} // by compose.sh
	for _, k := range manifestsOf(t) {
		if k.Kind != "Kustomization" {
			continue
		}
		named[k.file] = true
		for _, r := range k.Resources {
			at := path.Join(path.Dir(k.file), r)
			if _, ok := files[at]; !ok {
				if _, ok := files[path.Join(at, "kustomization.yaml")]; !ok {
					t.Errorf("%s names %s, which is not there", k.file, r)
				}
			}
			named[at] = true
		}
		for _, g := range k.ConfigMapGenerator {
			for _, f := range g.Files {
				at := path.Join(path.Dir(k.file), f)
				if _, ok := files[at]; !ok && !slices.Contains(made, at) {
					t.Errorf("%s makes %s of %s, which is not there", k.file, g.Name, f)
				}
			}
		}
	}
	for _, m := range manifestsOf(t) {
		if !named[m.file] {
			t.Errorf("no kustomization names %s", m.file)
		}
	}
}

// What one manifest points to is there: pods by labels, settings and secrets by
// name and key. Secrets are made by the commands of docs/deploy.md and nowhere else.
func TestManifestsHangTogether(t *testing.T) {
	secrets := map[string][]string{"vetgraph": {"database-password"}, "vetgraph-files": nil, "routers": {"hub", "concessions", "courses"}}
	settings := map[string]map[string]string{}
	var pods []map[string]string
	for _, m := range manifestsOf(t) {
		switch m.Kind {
		case "Secret":
			t.Errorf("%s has a secret in it", m.file)
		case "ConfigMap":
			settings[m.Metadata.Name] = m.Data
		case "Kustomization":
			for _, g := range m.ConfigMapGenerator {
				settings[g.Name] = map[string]string{}
			}
		}
		if len(m.pod().Containers) > 0 {
			pods = append(pods, m.Spec.Template.Metadata.Labels)
		}
	}
	for _, m := range manifestsOf(t) {
		at := m.file + ", " + m.Kind + " " + m.Metadata.Name
		if want := m.selects(t); want != nil && !slices.ContainsFunc(pods, func(has map[string]string) bool { return within(want, has) }) {
			t.Errorf("%s is about pods that nobody makes: %v", at, want)
		} else if m.Kind == "Deployment" && !within(want, m.Spec.Template.Metadata.Labels) {
			t.Errorf("%s does not find its own pods", at)
		}
		for _, v := range m.pod().Volumes {
			if name := v.ConfigMap.Name; name != "" && settings[name] == nil {
				t.Errorf("%s mounts %s, which is not there", at, name)
			}
			if name := v.Secret.SecretName; name != "" {
				if _, ok := secrets[name]; !ok {
					t.Errorf("%s mounts %s, of which docs/deploy.md says nothing", at, name)
				}
			}
		}
		for _, c := range slices.Concat(m.pod().InitContainers, m.pod().Containers) {
			for _, e := range c.Env {
				if ref := e.ValueFrom.SecretKeyRef; ref.Name != "" && !slices.Contains(secrets[ref.Name], ref.Key) {
					t.Errorf("%s: %s is of %s of the secret %s, of which docs/deploy.md says nothing", at, e.Name, ref.Key, ref.Name)
				}
				if ref := e.ValueFrom.ConfigMapKeyRef; ref.Name != "" && settings[ref.Name][ref.Key] == "" {
					t.Errorf("%s: %s is of %s of %s, which is not there", at, e.Name, ref.Key, ref.Name)
				}
			}
			for _, e := range c.EnvFrom {
				if settings[e.ConfigMapRef.Name] == nil {
					t.Errorf("%s reads %s, which is not there", at, e.ConfigMapRef.Name)
				}
			}
		}
	}
	page := pageOf(t, "deploy.md")
	for name, keys := range secrets {
		for _, want := range append([]string{"create secret generic " + name + " "}, keys...) {
			if !strings.Contains(page, want) {
				t.Errorf("docs/deploy.md does not say how %q is made", want)
			}
		}
	}
}

// No container may do more than it must, and each image is of one version.
func TestContainersAreRestrained(t *testing.T) {
	images := []string{}
	for _, m := range manifestsOf(t) {
		if len(m.pod().Containers) == 0 {
			continue
		}
		p, no := m.pod(), func(b *bool) bool { return b != nil && !*b }
		if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.SeccompProfile.Type != "RuntimeDefault" || !no(p.AutomountServiceAccountToken) || !no(p.EnableServiceLinks) {
			t.Errorf("%s: the pod may do more than it must", m.file)
		}
		for _, c := range slices.Concat(p.InitContainers, p.Containers) {
			s := c.SecurityContext
			if !no(s.AllowPrivilegeEscalation) || !s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
				t.Errorf("%s: %s may do more than it must", m.file, c.Name)
			}
			if c.Resources.Limits["memory"] == "" || c.Resources.Requests["memory"] == "" || c.Resources.Requests["cpu"] == "" {
				t.Errorf("%s: nobody knows how much %s takes", m.file, c.Name)
			}
			images = append(images, c.Image)
		}
	}
	for name, s := range stackOf(t).Services {
		if s.Image == "" {
			t.Errorf("compose.yaml: %s has no image", name)
		}
		images = append(images, regexp.MustCompile(`\$\{[A-Z_]+:-([^}]+)\}`).ReplaceAllString(s.Image, "$1"))
	}
	for _, image := range images {
		if ours := regexp.MustCompile(`^vetgraph(-[a-z]+)?$`).MatchString(image); !ours && !regexp.MustCompile(`[:@]v?[0-9][^/]*$`).MatchString(image) {
			t.Errorf("%q may be another image tomorrow", image)
		}
	}
	for _, k := range manifestsOf(t) {
		for _, c := range slices.Concat(k.pod().InitContainers, k.pod().Containers) {
			if strings.HasPrefix(c.Image, "vetgraph") && !slices.ContainsFunc(manifestsOf(t), func(m *manifest) bool {
				return m.Kind == "Kustomization" && (path.Dir(m.file) == path.Dir(k.file)) && slices.ContainsFunc(m.Images, func(i struct{ Name string }) bool { return i.Name == c.Image })
			}) {
				t.Errorf("%s runs %s, and its kustomization does not say where that is", k.file, c.Image)
			}
		}
	}
}

func within(want, has map[string]string) bool {
	for k, v := range want {
		if has[k] != v {
			return false
		}
	}
	return true
}
