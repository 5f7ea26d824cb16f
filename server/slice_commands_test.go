package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/server"
)

// A slice from its file to the production hub: shown, changed, signed by two, checked.
func TestSliceCommands(t *testing.T) {
	command := func(args ...string) (string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		if status := server.Main(args, &out, &errs); status != 0 {
			return out.String(), errs.String()
		}
		return out.String(), ""
	}
	want := func(what, text string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no word of %q in\n%s", what, w, text)
			}
		}
	}
	card, wrong := command("slice", "show", "insurance")
	want("card", card, "省社会保险事业中心", "X-Purpose: INSURANCE_TAKEOVER", "! ArmyRelation.amountFen", "《军人保险法》", wrong)
	sdl, _ := command("slice", "show", "insurance", "--as", "sdl")
	want("sdl", sdl, "type Insurance", "enrolments: [Enrolment!]!")
	for _, hidden := range []string{"ServiceHistory", "Case", "Mutation", "@tag", "filter"} {
		if strings.Contains(sdl, hidden) {
			t.Errorf("the slice's schema says %s", hidden)
		}
	}
	notice, _ := command("slice", "show", "preferential", "--as", "notice")
	want("notice", notice, "须经您单独同意", "随时撤回", "优待证", "Harbin public transport")
	_, wrong = command("slice", "show", "nothing")
	want("unknown", wrong, "employment insurance preferential")

	told, _ := command("slice", "show", "insurance")
	want("changes", told, "变化通知 changes told", "Enrolment.state")
	hook := filepath.Join(t.TempDir(), "hook.key")
	public, wrong := command("slice", "webhook-key", "--to", hook)
	want("key", public, "whpk_", wrong)
	if text, err := os.ReadFile(hook); err != nil || !strings.HasPrefix(string(text), "whsk_") {
		t.Errorf("no key is written: %v", err)
	}
	_, wrong = command("slice", "webhook-key", "--to", hook)
	want("again", wrong, "exists")

	folder, _ := bureau(t)
	file := filepath.Join(folder, "insurance.yaml")
	_, wrong = command("slice", "check", folder)
	want("unsigned", wrong, "who may sign slices")
	var listed string
	for _, name := range []string{"data", "protection"} {
		public, wrong := command("slice", "key", name, "--to", filepath.Join(t.TempDir(), name))
		if wrong != "" {
			t.Fatal(wrong)
		}
		listed += public
	}
	keys := t.TempDir()
	listed = ""
	for _, name := range []string{"data", "protection"} {
		public, _ := command("slice", "key", name, "--to", filepath.Join(keys, name))
		listed += public
		if _, wrong := command("slice", "sign", file, "--key", filepath.Join(keys, name)); wrong != "" {
			t.Fatal(wrong)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "reviewers.txt"), []byte(listed), 0o600); err != nil {
		t.Fatal(err)
	}
	checked, wrong := command("slice", "check", folder)
	want("signed by two", checked+wrong, "insurance@1")
	_, wrong = command("slice", "key", "data", "--to", filepath.Join(keys, "data"))
	want("a key that is there", wrong, "exists")

	wider, _ := bureau(t, "keepDays: 90", "keepDays: 400", "transferredOn, ", "")
	changes, wrong := command("slice", "diff", file, filepath.Join(wider, "insurance.yaml"))
	want("diff", changes, "↑ 保存期由 90 天改为 400 天", "去掉 ArmyRelation.transferredOn")
	want("the same version", wrong, "版本号须增大")
	text, err := os.ReadFile(filepath.Join(wider, "insurance.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, wrong = command("slice", "check", folder)
	want("changed after it was signed", wrong, "of another text")
	if err := os.WriteFile(file, bytes.Replace(text, []byte("[id, name, citizenNumber"), []byte("[id, name, citizenNo"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, wrong = command("slice", "check", folder, "--unsigned")
	want("a field that is not there", wrong, "there is no field Veteran.citizenNo")
	_, wrong = command("slice", "sign", file, "--key", filepath.Join(keys, "data"))
	want("what is not sound is not signed", wrong, "there is no field Veteran.citizenNo")
}
