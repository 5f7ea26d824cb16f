package division

// IsEntity marks a division as something other graphs may refer to by key.
func (*Division) IsEntity() {}
