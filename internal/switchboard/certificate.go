package switchboard

import (
	"time"
)

// CertificateNotice is how long before a certificate ends it is said: 30 calendar days,
// enough for the office that gives out new ones.
const CertificateNotice = 30 * 24 * time.Hour

const (
	certificatesEvery = time.Hour      // how often they are looked at
	certificateAgain  = 24 * time.Hour // how soon one is told of again
)

// Certificates warns in the log of each certificate that ends within
// [CertificateNotice] or has ended, once a day, however many ports it serves. It does
// nothing if it looked within the last hour.
func (b *Board) Certificates() {
	now := b.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Certificate == nil || !b.looked.IsZero() && now.Sub(b.looked) < certificatesEvery {
		return
	}
	b.looked = now
	if b.told == nil {
		b.told = map[string]time.Time{}
	}
	for _, p := range b.Catalog().Ports {
		ends, ok := b.Certificate(p.ID)
		if !ok || ends.Sub(now) > CertificateNotice {
			continue
		}
		one := p.Department + " " + ends.Format(time.RFC3339)
		if last, said := b.told[one]; said && now.Sub(last) < certificateAgain {
			continue
		}
		b.told[one] = now
		b.Log.Warn().Str("department", p.Department).Str("port", p.ID).Time("ends", ends).Bool("ended", ends.Before(now)).
			Msg("a certificate ends within 30 calendar days; without a new one the port will be silent")
	}
}
