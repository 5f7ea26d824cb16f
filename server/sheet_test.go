package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

var inlineStyle = regexp.MustCompile(`(?s)<style>(.*)</style>`)

// The sheet for print: for whoever may see the case, by itself in one file, without
// a script and without the person's name; sealed only when it is whole and final.
func TestSheetPage(t *testing.T) {
	for _, database := range []func(testing.TB) string{storetest.SQLite, storetest.PostgreSQL} {
		t.Run("", func(t *testing.T) {
			k := open(t, database(t), noon, suite("ed25519"))
			done, under := k.aCase(lifecycle.CaseCompleted), k.aCase(lifecycle.CaseInProgress)
			person := k.hub.Store.Read.Veteran.GetX(access.AsMachine(t.Context(), "test"), done.VeteranID)
			for _, c := range []struct {
				as, number string
				status     int
				says       []string
				not        []string
			}{
				{"clerk", done.Number, 200, []string{done.Number, "电子签章", "<svg", `<code id="seal">VG1;`, "<!-- VGP1,ED25519,", "演示", "重建稿", "vetgraph verify", k.public + "/.well-known/vetgraph-keys", done.Edges.Items[0].ResultNo, "on time"}, []string{person.Name, "没有电子签章"}},
				{"clerk", under.Number, 200, []string{under.Number, "不是最终结果"}, []string{"<svg", "VG1;", "VGP1"}},
				{"officer-mil", done.Number, 200, []string{done.Number, "M11", "没有电子签章"}, []string{"<svg", "VG1;", "VGP1", "M02"}},
				{"veteran0", done.Number, 404, []string{"CASE_NOT_FOUND"}, []string{done.Number}},
				{"clerk", "230102-20260101-AAAAAAA", 404, []string{"CASE_NOT_FOUND"}, nil},
				{"", done.Number, 401, []string{"SIGN_IN"}, []string{done.Number}},
				{"operator", done.Number, 403, nil, []string{done.Number}},
			} {
				res, body := k.fetch(c.as, "/sheets/"+c.number)
				if res.StatusCode != c.status {
					t.Errorf("%s: %s %s", c.as, res.Status, body)
				}
				for _, want := range c.says {
					if !strings.Contains(string(body), want) {
						t.Errorf("as %s: no %q", c.as, want)
					}
				}
				for _, bad := range c.not {
					if strings.Contains(string(body), bad) {
						t.Errorf("as %s: it says %q", c.as, bad)
					}
				}
				if res.StatusCode == http.StatusOK {
					strict(t, res, string(body))
				}
				if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
					t.Errorf("as %s: it may be kept: %v", c.as, res.Header)
				}
			}
		})
	}
}

// strict checks that a page may load nothing and that its one style is the one that
// its policy names.
func strict(t *testing.T, res *http.Response, body string) {
	t.Helper()
	policy := res.Header.Get("Content-Security-Policy")
	m := inlineStyle.FindStringSubmatch(body)
	if m == nil || !strings.Contains(policy, "style-src 'sha256-"+sha256base64(m[1])+"';") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %s", policy)
	}
	for _, bad := range []string{"<script", " style=", "onclick", "src=", `rel="stylesheet"`} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if !strings.Contains(body, `lang="zh-CN"`) {
		t.Error("the page does not say its language")
	}
}

func sha256base64(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
