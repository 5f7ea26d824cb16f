package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/store"
)

type doctorCommand struct{}

// Run checks what a start would need, one line for each, and fails if any is bad.
// It changes nothing.
func (doctorCommand) Run(s *session) error {
	c := s.Config
	sick := 0
	check := func(what string, f func() (string, error)) {
		said, err := f()
		if err != nil {
			sick++
			_, _ = fmt.Fprintf(s.out, "✗ %s: %v\n", what, err)
			return
		}
		_, _ = fmt.Fprintf(s.out, "✓ %s: %s\n", what, said)
	}
	check("配置 configuration", func() (string, error) { return mode(c), c.check() })
	if sick > 0 {
		return errors.New("先改正配置 (mend the configuration first)")
	}
	check("密钥 keys", func() (string, error) { return lookAtKeys(s.ctx, c) })
	check("事项目录 catalogue", func() (string, error) { return lookAtCatalog(c) })
	check("数据库 database", func() (string, error) { return lookAtDatabase(s.ctx, c) })
	if !c.Demo {
		check("登录服务 sign-in", func() (string, error) { return lookAtIssuer(s.ctx, c) })
		check("督办责任人 people", func() (string, error) { return lookAtRoster(c) })
	}
	if c.TLSCert != "" || c.ClientCA != "" {
		check("证书 certificates", func() (string, error) { return lookAtCertificates(c) })
	}
	if c.Webhooks != "" {
		check("变化通知 webhooks", func() (string, error) { return lookAtHooks(c) })
	}
	if c.Endpoints == "" {
		check("部门系统 departments", func() (string, error) { return "由本机模拟 played by the hub itself", nil })
	} else {
		check("部门系统 departments", func() (string, error) { return lookAtPorts(s.ctx, c, s.out) })
	}
	if sick > 0 {
		return fmt.Errorf("%d 项有问题 (%d of the checks failed)", sick, sick)
	}
	return nil
}

func mode(c Config) string {
	if c.Demo {
		return "演示 demonstration"
	}
	return "正式 production"
}

func lookAtKeys(ctx context.Context, c Config) (string, error) {
	keys, err := loadKeys(ctx, c)
	if errors.Is(err, fs.ErrNotExist) && c.Demo {
		return "首次启动时生成 made by the first start", nil
	}
	if _, ok := keys.Signer(strings.ToUpper(c.Seal)); err == nil && !ok && !c.Demo {
		return fmt.Sprint(keys, "; ", noSigner(c)), nil
	}
	return fmt.Sprint(keys), err
}

func lookAtCatalog(c Config) (string, error) {
	cat, err := catalogOf(c)
	if err != nil {
		return "", err
	}
	counted, beside := cat.Counted()
	return fmt.Sprintf("%s, %d matters, %d ports, %d more for payments", cat.Version, len(cat.Matters), counted, beside), nil
}

func catalogOf(c Config) (*catalog.Catalog, error) {
	if c.Catalog != "" {
		return catalog.Load(os.DirFS(c.Catalog))
	}
	return catalog.Builtin()
}

func lookAtRoster(c Config) (string, error) {
	cat, err := catalog.Builtin()
	if c.Catalog != "" {
		cat, err = catalog.Load(os.DirFS(c.Catalog))
	}
	if err != nil {
		return "", err
	}
	r, err := readRoster(c.Roster, cat, division.Builtin())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d entries", len(r.Entries)), nil
}

func lookAtDatabase(ctx context.Context, c Config) (said string, err error) {
	if !there(c.Database) {
		return "首次启动时建立 made by the first start", nil
	}
	db, err := store.Open(ctx, c.Database, 0)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	pending, err := db.Pending(ctx)
	if err == nil && pending && !c.Demo {
		err = errors.New("needs an upgrade: make a backup, then run vetgraph migrate")
	}
	return db.Dialect, err
}

func lookAtIssuer(ctx context.Context, c Config) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.OIDCIssuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", errors.New("does not answer")
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("answers %s to a question for its configuration", answer.Status)
	}
	return "answers", nil
}

// there is false of a database file that has not been made yet.
func there(database string) bool {
	path, file := strings.CutPrefix(database, "sqlite:")
	if !file {
		return true
	}
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
