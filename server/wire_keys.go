package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/rating"
	"github.com/vetgraph/vetgraph/internal/rekey"
	"github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// lookAtKeysEvery is how often a hub looks whether its keys file has changed; far
// below [vault.Adoption].
const lookAtKeysEvery = 10 * time.Second

// checkKeys finds mistakes in what is said of keys.
func (c *Config) checkKeys(wrong *mistakes) {
	if _, err := vault.SuiteNamed(c.Cipher); err != nil {
		wrong.add("--cipher", "is aes or sm4")
	}
	if c.KeyService == "" {
		return
	}
	if _, err := vault.OpenService(c.KeyService, ""); err != nil {
		wrong.add("--key-service", err.Error())
	}
}

// keysFile is where the keys are, for a command that opens no hub too.
func keysFile(c Config) string {
	if c.Keys != "" {
		return c.Keys
	}
	return filepath.Join(c.Data, "keys.json")
}

// serviceOf is the address of the key service for a keys file.
func serviceOf(c Config, path string) string {
	if c.KeyService != "" {
		return c.KeyService
	}
	return vault.ServiceBeside(path)
}

// keysAt is a keys file, and the key service that wraps what is in it.
func keysAt(c Config, path string) (vault.File, error) {
	suite, err := vault.SuiteNamed(c.Cipher)
	if err != nil {
		return vault.File{}, err
	}
	service, err := vault.OpenService(serviceOf(c, path), suite)
	return vault.File{Path: path, Service: service}, err
}

func loadKeys(ctx context.Context, c Config) (vault.Keys, error) {
	f, err := keysAt(c, keysFile(c))
	if err != nil {
		return vault.Keys{}, err
	}
	return f.Load(ctx)
}

// openKeys reads the keys and goes on looking at their file. The demonstration makes
// its own the first time, and brings a file of before up to date; production leaves
// that to a person who has a copy.
func (h *Hub) openKeys(ctx context.Context) error {
	f, err := keysAt(h.Config, keysFile(h.Config))
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	keys, err := f.Load(ctx)
	if errors.Is(err, fs.ErrNotExist) && h.Config.Demo {
		keys, err = h.makeKeys(ctx, f)
	}
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if keys, err = h.upToDate(ctx, f, keys); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	h.keys = keys
	if h.Vault, err = vault.New(keys); err != nil {
		return err
	}
	h.Vault.Follow(f)
	h.followKeys(context.WithoutCancel(ctx))
	return nil
}

func (h *Hub) makeKeys(ctx context.Context, f vault.File) (vault.Keys, error) {
	suite, err := vault.SuiteNamed(h.Config.Cipher)
	if err != nil {
		return vault.Keys{}, err
	}
	if err := os.MkdirAll(h.Config.Data, 0o700); err != nil {
		return vault.Keys{}, fmt.Errorf("data folder: %w", err)
	}
	keys := vault.GenerateFor(suite)
	if err = f.Save(ctx, keys); errors.Is(err, vault.ErrKeysInUse) {
		return f.Load(ctx) // another process was first
	}
	return keys, err
}

func (h *Hub) upToDate(ctx context.Context, f vault.File, keys vault.Keys) (vault.Keys, error) {
	wrapped, err := f.Wrapped(ctx)
	if err != nil {
		return keys, err
	}
	if wrapped && (keys.Complete() || !h.Config.Demo) {
		return keys, nil
	}
	if h.Config.Demo {
		return f.Change(ctx, func(k vault.Keys) (vault.Keys, error) { return k.WithSigners(), nil })
	}
	log := h.log("keys")
	log.Warn().Msg("密钥文件未加密保存，请运行 vetgraph keys rewrap (the keys stand in their file as they are; run: vetgraph keys rewrap)")
	return keys, nil
}

// followKeys adopts what others do with the keys file.
func (h *Hub) followKeys(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(lookAtKeysEvery)
		defer tick.Stop()
		log, said := h.log("keys"), ""
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			rotated, err := h.Vault.Refresh(ctx)
			switch {
			case err != nil && err.Error() != said:
				said = err.Error()
				log.Error().Err(err).Msg("the keys file cannot be read; going on with the keys of before")
			case err == nil:
				said = ""
			}
			if rotated {
				log.Info().Uint8("key", h.Vault.Current()).Msg("another sealing key is current")
				h.keysChanged()
			}
		}
	})
	h.onClose(func(context.Context) error { cancel(); running.Wait(); return nil })
}

// sealedColumns are those of all rooms.
func sealedColumns() []vault.Column {
	return slices.Concat(profile.SealedColumns(), casefile.SealedColumns(), notify.SealedColumns(), rating.SealedColumns(), dispute.SealedColumns(), subsidy.SealedColumns())
}

// Resealer seals anew what older keys sealed.
func (h *Hub) Resealer() *rekey.Worker {
	return &rekey.Worker{Store: h.Store, Vault: h.Vault, Columns: sealedColumns(), Log: h.log("reseal")}
}

// resealing is how far this hub has come with it.
type resealing struct {
	rows  *prometheus.CounterVec
	left  *prometheus.GaugeVec
	clean atomic.Uint32 // the key that everything is sealed with, for all that we know
}

func newResealing(h *Hub) *resealing {
	s := &resealing{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_reseal_rows_total", Help: "Rows that this hub has sealed anew, by table."}, []string{"table"}),
		left: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vetgraph_reseal_rows_left", Help: "Rows of the table that is being sealed anew which still need an older key."}, []string{"table"}),
	}
	h.meters.registry.MustRegister(s.rows, s.left, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "vetgraph_sealing_key", Help: "ID of the key that this hub seals with; unlike each other for longer than a minute, hubs have different keys files.",
	}, func() float64 { return float64(h.Vault.Current()) }))
	return s
}

func (s *resealing) told(p rekey.Progress) {
	s.rows.WithLabelValues(p.Table).Add(float64(p.Rows))
	s.left.WithLabelValues(p.Table).Set(float64(p.Left))
}

// resealRounds seal anew what older keys sealed, a turn at a time.
func (h *Hub) resealRounds() []queue.Round {
	h.resealing = newResealing(h)
	return []queue.Round{{Name: "reseal", Every: time.Minute, Do: h.SealAnew}}
}

// resealTurn is how long one turn lasts at most; the next one goes on.
const resealTurn = 9 * time.Minute

// SealAnew does one turn of it. It does nothing while there is one key, nor once a pass that began when every
// hub had long noticed the rotation has found nothing to do.
func (h *Hub) SealAnew(ctx context.Context) error {
	if rotated, err := h.Vault.Refresh(ctx); err != nil {
		return err
	} else if rotated {
		h.keysChanged()
	}
	current := h.Vault.Current()
	if len(h.Vault.Holds()) == 1 || h.resealing.clean.Load() == uint32(current) {
		return nil
	}
	settled := !h.Config.Now().Before(h.Vault.Since().Add(vault.Adoption))
	turn, cancel := context.WithTimeout(ctx, resealTurn)
	defer cancel()
	w := h.Resealer()
	w.Told = h.resealing.told
	result, err := w.Pass(turn)
	if err != nil && turn.Err() != nil && ctx.Err() == nil {
		return nil
	}
	if err == nil && settled && result.Clean() {
		h.resealing.clean.Store(uint32(current))
	}
	return err
}
