// Package features is the subgraph "products" that Apollo's subgraph compatibility suite
// asks for, in gqlgen as we set it up: what the hub itself has no use for in federation
// is proved by it.
package features

import (
	"context"

	"github.com/vetgraph/vetgraph/server/testdata/features/exec"
)

// Schema is the subgraph, ready to be served.
func Schema() exec.Config { return exec.Config{Resolvers: resolvers{}} }

type resolvers struct{}

// Query implements exec.ResolverRoot.
func (resolvers) Query() exec.QueryResolver { return queries{} }

// Entity implements exec.ResolverRoot.
func (resolvers) Entity() exec.EntityResolver { return entities{} }

// User implements exec.ResolverRoot.
func (resolvers) User() exec.UserResolver { return users{} }

func to[T any](v T) *T { return &v }

const email = "support@apollographql.com"

// The record, as the suite expects it.
func user() *exec.User {
	return &exec.User{Email: email, Name: to("Jane Smith"), TotalProductsCreated: to(1337)}
}

func deprecated() *exec.DeprecatedProduct {
	return &exec.DeprecatedProduct{Sku: "apollo-federation-v1", Package: "@apollo/federation-v1", Reason: to("Migrate to Federation V2"), CreatedBy: user()}
}

func studies() []*exec.ProductResearch {
	return []*exec.ProductResearch{
		{Study: &exec.CaseStudy{CaseNumber: "1234", Description: to("Federation Study")}},
		{Study: &exec.CaseStudy{CaseNumber: "1235", Description: to("Studio Study")}},
	}
}

func products() []*exec.Product {
	size := &exec.ProductDimension{Size: to("small"), Weight: to(1.0), Unit: to("kg")}
	return []*exec.Product{
		{ID: "apollo-federation", Sku: to("federation"), Package: to("@apollo/federation"), Variation: &exec.ProductVariation{ID: "OSS"},
			Dimensions: size, CreatedBy: user(), Research: studies()[:1]},
		{ID: "apollo-studio", Sku: to("studio"), Package: to(""), Variation: &exec.ProductVariation{ID: "platform"},
			Dimensions: size, CreatedBy: user(), Research: studies()[1:]},
	}
}

type queries struct{}

// Product implements exec.QueryResolver.
func (queries) Product(_ context.Context, id string) (*exec.Product, error) {
	return find(products(), func(p *exec.Product) bool { return p.ID == id }), nil
}

// DeprecatedProduct implements exec.QueryResolver.
func (queries) DeprecatedProduct(_ context.Context, sku, pack string) (*exec.DeprecatedProduct, error) {
	return find([]*exec.DeprecatedProduct{deprecated()}, func(p *exec.DeprecatedProduct) bool { return p.Sku == sku && p.Package == pack }), nil
}

type users struct{}

// AverageProductsCreatedPerYear implements exec.UserResolver.
func (users) AverageProductsCreatedPerYear(_ context.Context, u *exec.User) (*int, error) {
	if u.TotalProductsCreated == nil || u.YearsOfEmployment == 0 {
		return nil, nil
	}
	return to(*u.TotalProductsCreated / u.YearsOfEmployment), nil
}

type entities struct{}

// FindProduct implements exec.EntityResolver.
func (entities) FindProduct(_ context.Context, reps []*exec.ProductRepresentation) ([]*exec.Product, error) {
	return each(reps, func(r *exec.ProductRepresentation) *exec.Product {
		return find(products(), func(p *exec.Product) bool {
			switch r.MatchedKey {
			case exec.ProductMatchedKeyID:
				return same(r.ID, &p.ID)
			case exec.ProductMatchedKeySkuAndPackage:
				return same(r.Sku, p.Sku) && same(r.Package, p.Package)
			}
			return same(r.Sku, p.Sku) && r.Variation != nil && same(r.Variation.ID, &p.Variation.ID)
		})
	}), nil
}

// FindDeprecatedProduct implements exec.EntityResolver.
func (entities) FindDeprecatedProduct(_ context.Context, reps []*exec.DeprecatedProductRepresentation) ([]*exec.DeprecatedProduct, error) {
	return each(reps, func(r *exec.DeprecatedProductRepresentation) *exec.DeprecatedProduct {
		return find([]*exec.DeprecatedProduct{deprecated()}, func(p *exec.DeprecatedProduct) bool { return same(r.Sku, &p.Sku) && same(r.Package, &p.Package) })
	}), nil
}

// FindProductResearch implements exec.EntityResolver.
func (entities) FindProductResearch(_ context.Context, reps []*exec.ProductResearchRepresentation) ([]*exec.ProductResearch, error) {
	return each(reps, func(r *exec.ProductResearchRepresentation) *exec.ProductResearch {
		return find(studies(), func(s *exec.ProductResearch) bool {
			return r.Study != nil && same(r.Study.CaseNumber, &s.Study.CaseNumber)
		})
	}), nil
}

// FindUser implements exec.EntityResolver. What the router brings of a user stands in
// the representation.
func (entities) FindUser(_ context.Context, reps []*exec.UserRepresentation) ([]*exec.User, error) {
	return each(reps, func(r *exec.UserRepresentation) *exec.User {
		if !same(r.Email, to(email)) {
			return nil
		}
		u := user()
		if r.TotalProductsCreated != nil {
			u.TotalProductsCreated = r.TotalProductsCreated
		}
		if r.YearsOfEmployment != nil {
			u.YearsOfEmployment = *r.YearsOfEmployment
		}
		return u
	}), nil
}

// FindInventory implements exec.EntityResolver.
func (entities) FindInventory(_ context.Context, reps []*exec.InventoryRepresentation) ([]*exec.Inventory, error) {
	return each(reps, func(r *exec.InventoryRepresentation) *exec.Inventory {
		if !same(r.ID, to("apollo-oss")) {
			return nil
		}
		return &exec.Inventory{ID: *r.ID, DeprecatedProducts: []*exec.DeprecatedProduct{deprecated()}}
	}), nil
}

func same(a, b *string) bool { return a != nil && b != nil && *a == *b }

func each[R, T any](reps []*R, f func(*R) *T) []*T {
	out := make([]*T, len(reps))
	for i, r := range reps {
		out[i] = f(r)
	}
	return out
}

func find[T any](all []*T, fits func(*T) bool) *T {
	for _, one := range all {
		if fits(one) {
			return one
		}
	}
	return nil
}
