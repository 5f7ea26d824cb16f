package catalog

// Strict reads a file of another room as strictly as a catalogue is read: a key
// without omitempty must be there, an unknown or repeated one is a mistake, text
// is text. It goes on after a mistake, and what the room then finds wrong itself
// is reported at the place where the value stood ([Strict.Blame]), all at once.
type Strict struct{ loader *loader }

// ReadStrict decodes one YAML document into a struct, by its yaml tags. Texts,
// whole numbers, truth values, lists, maps and structs can be read. Ask
// [Strict.Err] before using the struct.
func ReadStrict(file string, data []byte, into any) *Strict {
	l := newLoader()
	l.file = file
	if doc := l.document(data); doc != nil {
		l.into(doc, into)
	}
	return &Strict{l}
}

// Blame reports a mistake in a value that was read, given by its address. A value
// that is not there is not blamed too: that it is missing has been reported.
func (s *Strict) Blame(of any, format string, args ...any) {
	if _, read := s.loader.places[of]; read || len(s.loader.problems) == 0 {
		s.loader.blame(of, format, args...)
	}
}

// BlameKey reports a mistake in an entry of a map that was read, given by the
// map's address and the key.
func (s *Strict) BlameKey(of any, key, format string, args ...any) {
	s.loader.blame(entry{of, key}, format, args...)
}

// Err is [*Problems], every mistake in the order of lines, or nil.
func (s *Strict) Err() error {
	if len(s.loader.problems) == 0 {
		return nil
	}
	s.loader.problems.sort()
	return &s.loader.problems
}
