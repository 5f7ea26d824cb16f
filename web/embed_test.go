package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inputs is what dist is made of, as portal/vite.config.ts has it.
var inputs = []string{".npmrc", "index.html", "operations", "package-lock.json", "package.json", "src", "tools", "tsconfig.json", "vite.config.ts"}

// What is committed under dist was built of the sources as they are.
func TestDistIsFresh(t *testing.T) {
	root := os.DirFS("portal")
	var names []string
	for _, input := range inputs {
		err := fs.WalkDir(root, input, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		body, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write([]byte(name + "\x00"))
		sum.Write(body)
		sum.Write([]byte{0})
	}
	kept, err := Dist.ReadFile("dist/inputs.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(kept)) != hex.EncodeToString(sum.Sum(nil)) {
		t.Error("web/dist is older than web/portal: in web/portal run npm ci --ignore-scripts && npm run generate && npm run build, and commit web/dist")
	}
}

// firstLoad is the most that the first page of a veteran may weigh, packed.
const firstLoad = 80 << 10

var loaded = regexp.MustCompile(`assets/[\w.-]+`)

// The shell, and the heaviest page on top of it with all that it brings, stay under
// the bound.
func TestFirstLoad(t *testing.T) {
	index, err := Dist.ReadFile("dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	shell := packed(t, "index.html")
	var named []string
	for _, name := range loaded.FindAllString(string(index), -1) {
		shell += packed(t, name)
		named = append(named, name)
	}
	if len(named) < 2 {
		t.Fatalf("index.html loads %v", named)
	}
	all := 0
	files, err := fs.Glob(Dist, "dist/assets/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		all += packed(t, "assets/"+path.Base(name))
	}
	t.Logf("shell %d bytes, all pages %d bytes", shell, all)
	if all > firstLoad {
		t.Errorf("all pages together weigh %d bytes packed, more than %d: see that the first page stays below, and measure it alone here", all, firstLoad)
	}
}

func packed(t *testing.T, name string) int {
	t.Helper()
	body, err := Dist.ReadFile("dist/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Len()
}
