package server

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/vetgraph/vetgraph/internal/department"
)

// Config is everything that can be set. The zero configuration with kong's
// defaults runs the demonstration. A flag goes before its environment variable
// (VETGRAPH_LISTEN for --listen), that before the file given with --config, and
// that before the default.
type Config struct {
	Demo bool `help:"Synthetic veterans, simulated departments, personas. --demo=false is production. 演示模式；正式运行用 --demo=false。" default:"true" negatable:""`

	Data     string `help:"Folder for the embedded database and the keys. 数据目录。" default:".vetgraph" type:"path" placeholder:"DIR"`
	Database string `help:"sqlite:PATH or postgres://USER@HOST/NAME. Default: sqlite in the data folder. 数据库。" placeholder:"URL"`
	Keys     string `help:"File with the keys that seal personal data. Default in the demonstration: keys.json in the data folder. 密钥文件。" type:"path" placeholder:"FILE"`
	Catalog  string `help:"Folder with a catalogue in place of the built-in one. 事项目录文件夹。" type:"path" placeholder:"DIR"`
	Calendar string `help:"JSON file with working days of more years. 补充的节假日安排。" type:"path" placeholder:"FILE"`
	Windows  string `help:"YAML file with the windows that can be booked: hours, places. 可预约窗口文件。" type:"path" placeholder:"FILE"`
	Slices   string `help:"Folder with the slices that partners may read, one YAML file each. Default in the demonstration: three examples. 数据共享授权文件夹。" type:"path" placeholder:"DIR"`
	Webhooks string `help:"YAML file that says where partners are told of changes in their slices, by name of the slice. 合作单位变化通知地址文件。" type:"path" placeholder:"FILE"`
	Roster   string `help:"YAML file that names who has what is late, by department and division. 督办责任人名单。" type:"path" placeholder:"FILE"`
	Subsidy  string `help:"YAML file with the parameters of the one-off subsidy in place of the built-in ones. 一次性经济补助金参数文件。" type:"path" placeholder:"FILE"`
	Closing  int    `help:"Hour at which windows close; later submissions count from the next working day. 停止受理的钟点。" default:"17" placeholder:"HOUR"`

	Cipher     string `help:"Suite of fresh sealing keys: aes (AES-256-GCM, HMAC-SHA-256) or sm4 (SM4-GCM, HMAC-SM3); keys there keep theirs. Default: that of the current key, else aes. 新密钥的算法。" placeholder:"aes|sm4"`
	KeyService string `help:"Where the key is that wraps the keys: file:PATH. Default: beside the keys file, ending in .kek. 密钥加密密钥所在。" placeholder:"KIND:ADDRESS"`

	Listen         string   `help:"Address of the portal and /graphql. 对外地址。" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	TLSCert        string   `name:"tls-cert" help:"PEM file with the certificate of --listen; taken again when it changes. Empty: plain HTTP. 对外地址的证书文件。" type:"path" placeholder:"FILE"`
	TLSKey         string   `name:"tls-key" help:"PEM file with its key. 证书私钥文件。" type:"path" placeholder:"FILE"`
	ClientCA       string   `name:"client-ca" help:"PEM file with the authorities that certify partners' programs. 合作单位客户端证书的签发机构。" type:"path" placeholder:"FILE"`
	CertHeader     string   `name:"client-cert-header" help:"Header in which a balancer that ends TLS hands on the client's certificate (RFC 9440: Client-Cert). 负载均衡转交客户端证书的请求头。" placeholder:"NAME"`
	CertFrom       []string `name:"client-cert-from" help:"Networks of such balancers; from elsewhere the header is refused. 负载均衡的网段。" placeholder:"CIDR"`
	SubgraphListen string   `help:"Address of /subgraph, for routers only; empty for none. 子图地址，仅供路由器。" default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	SubgraphSecret string   `help:"What routers show in the header Vetgraph-Router-Secret. 路由器口令。" placeholder:"TEXT"`
	Supergraph     string   `help:"File with a supergraph: /graphql then answers all its subgraphs, the hub without a socket. 超图文件。" type:"path" placeholder:"FILE"`
	Subgraphs      string   `help:"YAML file that says where the other subgraphs are, and their secrets. 子图地址文件。" type:"path" placeholder:"FILE"`
	Joined         []string `help:"Subgraphs that stand beside the hub in others' routers; what needs them is told to routers. Those of --supergraph are joined already. 已接入的伙伴子图。" placeholder:"NAME"`
	AdminListen    string   `help:"Address of /metrics, /healthz and /readyz; empty for none. 监控地址。" default:"127.0.0.1:8082" placeholder:"HOST:PORT"`
	PublicURL      string   `help:"Address under which departments reach us, for callbacks. Default: http:// or https:// and --listen. 部门回调用的地址。" placeholder:"URL"`
	Documents      []string `help:"Manifests of documents that clients may name by their hash. 可信查询清单文件。" type:"path" placeholder:"FILE"`
	TrustedOnly    bool     `help:"Run no other documents at /graphql, except for operators. 只运行可信查询。"`
	Rate           int      `help:"Cost that one viewer may ask for in a minute, as X-Query-Cost tells it; -1 for no bound, the default in the demonstration, else 600000. 每人每分钟的查询成本上限。" placeholder:"N"`
	Streams        int      `help:"Subscriptions, and websockets, that one viewer may have open at once; -1 for no bound. Default 200. 每人同时打开的连接和订阅数上限。" placeholder:"N"`
	Origins        []string `help:"Web origins, besides our own, that may call from a browser. 允许的其他网页来源。" placeholder:"ORIGIN"`

	OIDCIssuer      string `name:"oidc-issuer" help:"Issuer of sign-in tokens. 登录服务地址。" placeholder:"URL"`
	OIDCAudience    string `name:"oidc-audience" help:"Audience that tokens must name. 令牌受众。" placeholder:"TEXT"`
	ClaimKind       string `help:"Claim with the kind of viewer." default:"vetgraph_kind" placeholder:"NAME"`
	ClaimVeteran    string `help:"Claim with a veteran's ID." default:"vetgraph_veteran" placeholder:"NAME"`
	ClaimDepartment string `help:"Claim with an officer's department." default:"vetgraph_department" placeholder:"NAME"`
	ClaimAssurance  string `help:"Claim that says how surely a veteran has shown who they are." default:"vetgraph_assurance" placeholder:"NAME"`
	ClaimDocuments  string `help:"Claim that, being \"trusted\", keeps a token to documents of the manifests." default:"vetgraph_documents" placeholder:"NAME"`
	ClaimDivision   string `help:"Claim with the division a viewer serves." default:"vetgraph_division" placeholder:"NAME"`

	Seal       string `help:"Suite that feedback sheets are sealed by: ed25519 or sm2. 反馈单电子签章的算法。" default:"ed25519" enum:"ed25519,sm2"`
	SealIssuer string `help:"Who seals feedback sheets, as they show it. Default: the host of --public-url. 反馈单的签发单位。" placeholder:"NAME"`

	Witnesses []string `help:"Verifier keys of witnesses whose signatures under checkpoints of the log of reads we take and hand on. 查阅记录见证人的公钥。" placeholder:"KEY"`

	Retention string `help:"YAML file with how long what is kept, in place of the built-in rules. 保存期限规则文件。" type:"path" placeholder:"FILE"`

	Endpoints string        `help:"JSON or YAML file with the departments' addresses and secrets. 部门系统地址文件。" type:"path" placeholder:"FILE"`
	Messages  string        `help:"JSON or YAML file with the short-message gateway's url and token; none: notices go into the portal. 短信网关地址文件。" type:"path" placeholder:"FILE"`
	Inquire   time.Duration `help:"How often departments are asked after open items. Default 5s in the demonstration, else 1m. 催询间隔。" placeholder:"TIME"`
	Workers   int           `help:"Items carried to departments at once. 并发送件数。" default:"32" placeholder:"N"`

	Veterans     int           `help:"Synthetic veterans in the demonstration. 示例人数。" default:"2000" placeholder:"N"`
	Seed         uint64        `help:"Another seed, other people. 随机种子。" default:"1" placeholder:"N"`
	WorkdayTakes time.Duration `help:"How long a working day lasts for simulated departments. 示例部门的一个工作日有多长。" default:"2s" placeholder:"TIME"`

	Fault map[string]string `help:"Make a simulated department or port misbehave from the start: PORT=RESET, PS=TIME_OUT. 示例部门或端口的故障。" placeholder:"PORT=FAULT"`

	Traces string `help:"Address of an OpenTelemetry collector (OTLP over HTTP), for example http://127.0.0.1:4318; empty for no traces. 链路追踪收集器地址。" placeholder:"URL"`

	LogLevel  string `help:"debug, info, warn or error. 日志级别。" default:"info" enum:"debug,info,warn,error"`
	LogFormat string `help:"auto, console or json. 日志格式。" default:"auto" enum:"auto,console,json"`

	Now func() time.Time `kong:"-" yaml:"-"` // nil means time.Now
	Log zerolog.Logger   `kong:"-" yaml:"-"`

	Tracer trace.Tracer `kong:"-" yaml:"-"` // in place of the collector's

	Unwatched   bool `kong:"-" yaml:"-"` // what falls due is looked after at the start and not again, so that a conversation is the same at any pace; in the demonstration alone
	Unreceipted bool `kong:"-" yaml:"-"` // endpoints made from now on keep no reads; to measure what that costs, in the demonstration alone
}

// check completes the configuration and returns every mistake in it at once.
func (c *Config) check() error {
	var wrong mistakes
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "vetgraph.db")
	}
	if !strings.HasPrefix(c.Database, "sqlite:") && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		wrong.add("--database", `is "sqlite:PATH" or "postgres://USER@HOST/NAME"`)
	}
	c.checkAddresses(&wrong)
	if c.Closing < 0 || c.Closing > 24 {
		wrong.add("--closing", "is an hour from 0 to 24")
	}
	c.checkTLS(&wrong)
	c.checkSeal(&wrong)
	c.checkKeys(&wrong)
	if c.Rate > 0 && c.Rate < maxCost {
		wrong.add("--rate", fmt.Sprintf("is at least %d, the cost of the largest operation, or -1", maxCost))
	}
	if c.Streams < -1 {
		wrong.add("--streams", "is at least 1, or -1")
	}
	if c.TrustedOnly && len(c.Documents) == 0 {
		wrong.add("--trusted-only", "needs --documents")
	}
	if c.Subgraphs != "" && c.Supergraph == "" {
		wrong.add("--subgraphs", "needs --supergraph")
	}
	if c.Workers < 1 || c.Workers > 1000 {
		wrong.add("--workers", "is from 1 to 1000")
	}
	if c.Inquire < 0 || c.WorkdayTakes < 0 {
		wrong.add("--inquire, --workday-takes", "are not negative")
	}
	if c.Demo {
		c.checkDemo(&wrong)
	} else {
		c.checkProduction(&wrong)
	}
	return wrong.err()
}

func (c *Config) checkAddresses(wrong *mistakes) {
	for name, address := range map[string]string{"--listen": c.Listen, "--subgraph-listen": c.SubgraphListen, "--admin-listen": c.AdminListen} {
		if address == "" && name != "--listen" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			wrong.add(name, `is HOST:PORT, for example "127.0.0.1:8080"`)
		}
	}
	if c.PublicURL != "" && !absolute(c.PublicURL) {
		wrong.add("--public-url", "is an absolute http(s) address")
	}
	if c.Traces != "" && !absolute(c.Traces) {
		wrong.add("--traces", `is an absolute http(s) address, for example "http://127.0.0.1:4318"`)
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || !absolute(o) || u.Path != "" {
			wrong.add("--origins", `are like "https://portal.example.org", without a path`)
		}
	}
}

func (c *Config) checkSeal(wrong *mistakes) {
	if c.Seal == "" {
		c.Seal = "ed25519"
	}
	if c.Seal != "ed25519" && c.Seal != "sm2" {
		wrong.add("--seal", "is ed25519 or sm2")
	}
	if len(c.SealIssuer) > 120 {
		wrong.add("--seal-issuer", "has at most 120 bytes: it stands in a QR code")
	}
	c.SealIssuer = sealIssuer(c)
}

func (c *Config) checkDemo(wrong *mistakes) {
	if c.Keys == "" {
		c.Keys = filepath.Join(c.Data, "keys.json")
	}
	if c.Inquire == 0 {
		c.Inquire = 5 * time.Second
	}
	if c.Veterans < 10 || c.Veterans > 200_000 {
		wrong.add("--veterans", "is from 10 to 200000")
	}
	for target, name := range c.Fault {
		if _, err := department.Named(name); err != nil {
			wrong.add("--fault "+target, err.Error())
		}
	}
	for name, set := range map[string]bool{"--oidc-issuer": c.OIDCIssuer != "", "--oidc-audience": c.OIDCAudience != "",
		"--messages": c.Messages != ""} {
		if set {
			wrong.add(name, "is for production: add --demo=false")
		}
	}
}

func (c *Config) checkProduction(wrong *mistakes) {
	if c.Inquire == 0 {
		c.Inquire = time.Minute
	}
	if c.Rate == 0 {
		c.Rate = 24 * maxCost
	}
	if !absolute(c.OIDCIssuer) {
		wrong.add("--oidc-issuer", "is needed in production: the absolute address of who signs people in")
	}
	if c.OIDCAudience == "" {
		wrong.add("--oidc-audience", "is needed in production: the name that tokens for us carry")
	}
	if len(c.Fault) > 0 {
		wrong.add("--fault", "is for the demonstration: real departments have their own")
	}
	for name, file := range map[string]string{"--keys": c.Keys, "--endpoints": c.Endpoints, "--roster": c.Roster} {
		if file == "" {
			wrong.add(name, "is needed in production")
		} else if _, err := os.Stat(file); err != nil {
			wrong.add(name, "names a file that cannot be read")
		}
	}
	host, _, _ := net.SplitHostPort(c.SubgraphListen)
	if c.SubgraphListen != "" && c.SubgraphSecret == "" && !loopback(host) {
		wrong.add("--subgraph-secret", "is needed when --subgraph-listen is open to other machines")
	}
}

func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// loopback says whether a host can only be this machine.
func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// mistakes collects what is wrong with a configuration.
type mistakes map[string]string

func (m *mistakes) add(name, what string) {
	if *m == nil {
		*m = mistakes{}
	}
	(*m)[name] = what
}

func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	var all []error
	for _, name := range sortedKeys(m) {
		all = append(all, fmt.Errorf("%s %s", name, m[name]))
	}
	return fmt.Errorf("the configuration has mistakes (配置有误):\n%w", errors.Join(all...))
}
