package vault

// Column says where sealed values stand in the record, so that package rekey finds
// them and seals them anew. Each room that seals lists its own, beside the function
// that binds.
type Column struct {
	Table string
	Name  string   // of the column with the sealed values; empty and NULL are none
	Of    []string // columns that the bind is made of
	Bind  func(of []string) string
}

// ByID is a column whose values are bound to the ID of their row alone.
func ByID(table, name string, bind func(id string) string) Column {
	return Column{table, name, []string{"id"}, func(of []string) string { return bind(of[0]) }}
}
