package gateway

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// inOrder lets the fields of a mutation be done one after the other, each with all
// that others know of it, as GraphQL demands (section 6.2.2). The planner keeps the
// order of the fields alone, and would ask about the first while the second changes it.
func inOrder(tree *resolve.FetchTreeNode) *resolve.FetchTreeNode {
	var all []*resolve.FetchTreeNode
	var collect func(n *resolve.FetchTreeNode)
	collect = func(n *resolve.FetchTreeNode) {
		if n == nil {
			return
		}
		if n.Item != nil {
			all = append(all, n)
		}
		for _, c := range n.ChildNodes {
			collect(c)
		}
	}
	collect(tree)
	of := map[int]int{} // of each fetch: the place of the field that it belongs to
	fields := 0
	for i, n := range all { // what a fetch depends on stands before it
		d := n.Item.Fetch.Dependencies()
		if len(n.Item.FetchPath) == 0 {
			of[d.FetchID] = i
			fields++
			continue
		}
		for _, other := range d.DependsOnFetchIDs {
			of[d.FetchID] = max(of[d.FetchID], of[other])
		}
	}
	if fields < 2 {
		return tree
	}
	slices.SortStableFunc(all, func(a, b *resolve.FetchTreeNode) int {
		return of[a.Item.Fetch.Dependencies().FetchID] - of[b.Item.Fetch.Dependencies().FetchID]
	})
	return resolve.Sequence(all...)
}
