package catalog

// IsEntity marks a matter as something other graphs may refer to by key.
func (*Matter) IsEntity() {}

// IsEntity marks a department as something other graphs may refer to by key.
func (*Department) IsEntity() {}
