// Package trusttest makes what two systems show each other where nothing depends on it: certificates of a small CA and SM2 keys, for tests and simulated departments.
//
// Certificates are ECDSA P-256 and hold exactly from one moment to another, also one
// that is over: so an expired certificate is one like any other. All private keys are
// in the clear. A CA lives as long as its process and revokes nothing.
package trusttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// span is how long before and after its making a CA holds.
const span = 20 * 365 * 24 * time.Hour

// CA vouches for servers and clients.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Pair is a certificate or public key and the private key that goes with it, in PEM.
type Pair struct {
	Public  string
	Private string
}

// New makes a CA that holds from long before a moment until long after.
func New(at time.Time) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a CA: %w", err)
	}
	template, err := template("trusttest CA", at.Add(-span), at.Add(span))
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a CA: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return &CA{cert, key}, err
}

// PEM is the CA's own certificate.
func (c *CA) PEM() string { return encode("CERTIFICATE", c.cert.Raw) }

// Server makes a certificate for a server under these names or IP addresses.
func (c *CA) Server(from, until time.Time, hosts ...string) (Pair, error) {
	return c.issue(from, until, x509.ExtKeyUsageServerAuth, hosts)
}

// Client makes a certificate for a caller of this name.
func (c *CA) Client(from, until time.Time, name string) (Pair, error) {
	return c.issue(from, until, x509.ExtKeyUsageClientAuth, []string{name})
}

func (c *CA) issue(from, until time.Time, usage x509.ExtKeyUsage, hosts []string) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make a certificate: %w", err)
	}
	name := "trusttest"
	if len(hosts) > 0 {
		name = hosts[0]
	}
	template, err := template(name, from, until)
	if err != nil {
		return Pair{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, &key.PublicKey, c.key)
	if err != nil {
		return Pair{}, fmt.Errorf("make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("make a certificate: %w", err)
	}
	return Pair{encode("CERTIFICATE", der), encode("PRIVATE KEY", private)}, nil
}

func template(name string, from, until time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until}, nil
}

// SM2 makes a key of SM2.
func SM2() (Pair, error) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make an SM2 key: %w", err)
	}
	private, err := smx509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("make an SM2 key: %w", err)
	}
	public, err := smx509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return Pair{}, fmt.Errorf("make an SM2 key: %w", err)
	}
	return Pair{encode("PUBLIC KEY", public), encode("PRIVATE KEY", private)}, nil
}

// EC makes a key of ECDSA P-256, as private_key_jwt signs with.
func EC() (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make an EC key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("make an EC key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return Pair{}, fmt.Errorf("make an EC key: %w", err)
	}
	return Pair{encode("PUBLIC KEY", public), encode("PRIVATE KEY", private)}, nil
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
