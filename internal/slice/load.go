package slice

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/workday"
)

//go:embed slices/*.yaml
var files embed.FS

// Builtin are the examples that come with the program, for the demonstration.
var Builtin = sync.OnceValues(func() (*Register, error) {
	folder, err := fs.Sub(files, "slices")
	if err != nil {
		return nil, err
	}
	return Load(folder)
})

// Load reads every *.yaml of a folder. Its error joins every mistake of every file.
func Load(folder fs.FS) (*Register, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("slices: %w", err)
	}
	r := &Register{}
	var errs []error
	for _, name := range names {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("slice %s: %w", name, err))
			continue
		}
		s, err := Read(name, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, c := range s.Clients {
			if other := r.Of(c.ID); other != nil {
				errs = append(errs, fmt.Errorf("%s: client %s has the slice %s already; a credential has one", name, c.ID, other.Name))
			}
		}
		r.all = append(r.all, s)
	}
	slices.SortFunc(r.all, func(a, b *Slice) int { return strings.Compare(a.Name, b.Name) })
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

var (
	nameForm    = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	codeForm    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,39}$`)
	clientForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{2,59}$`)
	dnsForm     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
	articleForm = regexp.MustCompile(`第.+条`)
)

// Limits of what a file may say.
const (
	mostKeep   = 3650      // calendar days
	mostMinute = 6_000     // requests
	mostDay    = 5_000_000 // requests
	mostYears  = 3         // of a period: then it is looked at again
)

// Read reads one file. Its error is [*catalog.Problems], every mistake at once. The
// file's name is the slice's, with .yaml.
func Read(file string, data []byte) (*Slice, error) {
	s := &Slice{text: data}
	d := catalog.ReadStrict(file, data, s)
	check := func(fine bool, of any, format string, args ...any) {
		if !fine {
			d.Blame(of, format, args...)
		}
	}
	check(nameForm.MatchString(s.Name) && file == s.Name+".yaml", &s.Name, "is the file's name without .yaml: small letters, digits and -")
	check(s.Version > 0, &s.Version, "counts from 1, and grows with every change")
	check(codeForm.MatchString(s.Purpose.Code), &s.Purpose.Code, "is a code in capital letters")
	for _, t := range []*string{&s.Title.Zh, &s.Title.En, &s.Partner.Name.Zh, &s.Partner.Name.En, &s.Purpose.Text.Zh, &s.Purpose.Text.En, &s.Rows.Text.Zh, &s.Rows.Text.En, &s.Partner.Contact} {
		check(strings.TrimSpace(*t) != "", t, "is empty")
	}
	check(s.Basis.Kind == access.StatutoryDuty || s.Basis.Kind == access.ByConsent, &s.Basis.Kind, "is %s or %s", access.StatutoryDuty, access.ByConsent)
	check(articleForm.MatchString(s.Basis.Article), &s.Basis.Article, "names an article of a law (第…条)")
	check(s.Keep >= 0 && s.Keep <= mostKeep, &s.Keep, "is 0 to %d calendar days", mostKeep)
	check(s.Often.PerMinute > 0 && s.Often.PerMinute <= mostMinute, &s.Often.PerMinute, "is 1 to %d requests", mostMinute)
	check(s.Often.PerDay > 0 && s.Often.PerDay <= mostDay, &s.Often.PerDay, "is 1 to %d requests", mostDay)
	s.Period.read(check)
	s.Rows.read(check)
	for i := range s.Clients {
		s.Clients[i].check(check)
	}
	s.Fields.check(func(typ, format string, args ...any) {
		d.BlameKey(&s.Fields, typ, format, args...)
	})
	s.Changes.check(s.Fields, func(typ, format string, args ...any) {
		d.BlameKey(&s.Changes, typ, format, args...)
	})
	check(len(s.Fields["Query"]) > 0, &s.Fields, "wants a field of Query: there must be a way in")
	if err := d.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

type checker func(fine bool, of any, format string, args ...any)

func (p *Period) read(check checker) {
	var err error
	p.first, err = workday.ParseDay(p.From)
	check(err == nil, &p.From, "is a date like 2026-01-31")
	p.last, err = workday.ParseDay(p.Until)
	check(err == nil, &p.Until, "is a date like 2026-01-31")
	check(p.first <= p.last && p.last <= p.first.AddDays(mostYears*366), &p.Until, "is after from, and at most %d years", mostYears)
}

func (r *Rows) read(check checker) {
	code, ok := division.Normalize(r.Division)
	check(ok && code == r.Division && division.Builtin().Known(code), &r.Division, "is a division of twelve digits that we know")
	for i := range r.Where {
		w := &r.Where[i]
		_, known := Facts[w.Fact]
		check(known, &w.Fact, "is no fact that rows can be chosen by")
		check(len(w.In) > 0, &w.In, "is empty: nobody would be seen")
	}
}

// check looks at a key without showing it; whether it is sound, who reads it says.
func (c *Client) check(check checker) {
	check(clientForm.MatchString(c.ID), &c.ID, "is small letters, digits, . and -")
	if c.Key == nil && c.Certificate == (Certificate{}) {
		check(false, &c.ID, "wants a key or a certificate to be known by")
		return
	}
	if cert := c.Certificate; cert != (Certificate{}) {
		sum, err := base64.RawURLEncoding.DecodeString(cert.SHA256)
		check((cert.SHA256 == "") != (cert.DNS == ""), &c.Certificate, "is known by sha256 or by dns")
		check(cert.SHA256 == "" || err == nil && len(sum) == sha256.Size, &c.Certificate.SHA256, "is the SHA-256 of the certificate, base64url: 43 characters")
		check(cert.DNS == "" || dnsForm.MatchString(cert.DNS), &c.Certificate.DNS, "is a whole DNS name in small letters")
		if c.Key == nil {
			return
		}
	}
	kind := c.Key["kty"]
	check(kind == "OKP" || kind == "EC" || kind == "RSA", &c.Key, "is a public JWK: OKP, EC or RSA")
	_, private := c.Key["d"]
	check(!private, &c.Key, "holds a private key: whoever made it must make another")
}
