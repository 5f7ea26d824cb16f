package casefile

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/catalogversion"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Shelf holds the catalogue in force and every other that a case is pinned to.
// All are kept in the record, so that replacing the files changes no open case.
type Shelf struct {
	store   *store.Store
	current *catalog.Catalog

	mu  sync.Mutex
	old map[string]*catalog.Catalog
}

// NewShelf puts the catalogue in force on the shelf, and into the record if it
// is not there yet. files are what it was loaded from.
func NewShelf(ctx context.Context, s *store.Store, c *catalog.Catalog, files fs.FS, now time.Time) (*Shelf, error) {
	ctx = access.AsMachine(ctx, "shelf")
	known, err := s.Read.CatalogVersion.Query().Where(catalogversion.ID(c.Version)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", c.Version, err)
	}
	if !known {
		archive, err := catalog.Archive(files)
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", c.Version, err)
		}
		err = s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.CatalogVersion.Create().SetID(c.Version).SetArchive(archive).SetLoadedAt(now.UTC()).
				OnConflictColumns(catalogversion.FieldID).Ignore().Exec(ctx)
		})
		if err != nil {
			return nil, fmt.Errorf("keep catalogue %s: %w", c.Version, err)
		}
	}
	return &Shelf{store: s, current: c, old: map[string]*catalog.Catalog{}}, nil
}

// Current is the catalogue in force.
func (s *Shelf) Current() *catalog.Catalog { return s.current }

// Get returns the catalogue of a version. Faults: CATALOG_VERSION_UNKNOWN.
func (s *Shelf) Get(ctx context.Context, version string) (*catalog.Catalog, error) {
	if version == s.current.Version {
		return s.current, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.old[version]; c != nil {
		return c, nil
	}
	row, err := s.store.Read.CatalogVersion.Get(access.AsMachine(ctx, "shelf"), version)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "CATALOG_VERSION_UNKNOWN", "没有这个版本的事项目录。", "There is no such version of the catalogue.")
	} else if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", version, err)
	}
	files, err := catalog.OpenArchive(row.Archive)
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", version, err)
	}
	c, err := catalog.Load(files)
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", version, err)
	}
	s.old[version] = c
	return c, nil
}
