package contract

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// operations are said in the order in which an item meets them.
var operations = []struct{ id, zh, en string }{
	{"SUBMIT", "受理交办", "takes an item"},
	{"RECEIPT", "受理回执", "receipts it"},
	{"CORRECTION", "接收补正", "takes it again, corrected"},
	{"STATUS", "进度查询", "says how items fare"},
	{"RESULT", "结果反馈", "tells the result"},
	{"WITHDRAW", "接收撤回", "lets go of it"},
	{"LOOKUP", "数据查询", "says what it holds of a person"},
	{"PUSH", "接收花名册", "takes a roll of payments"},
}

// Runbook writes, as Markdown, what a department's people need to connect its
// ports and to keep them running: where each is, what goes in and out under which
// name and code, how fast, and what to do when it fails. It is made from the
// catalogue alone, so it is never older than what runs.
func Runbook(w io.Writer, c *catalog.Catalog, code string) error {
	d := c.Department(code)
	if d == nil {
		return fmt.Errorf("no department %q in the catalogue", code)
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "# %s %s：接口手册 runbook\n\n目录版本 catalogue %s。\n\n", d.Code, d.Name.Zh, c.Version)
	var all []*catalog.Port
	for _, p := range c.Ports {
		if p.Department == code {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		fmt.Fprintf(b, "该部门没有端口。 This department has no ports.\n")
	}
	for _, op := range operations {
		for _, p := range all {
			if p.Operation == op.id {
				page(b, c, p, op.zh, op.en)
			}
		}
	}
	_, err := io.WriteString(w, b.String()+care)
	return err
}

func page(b *strings.Builder, c *catalog.Catalog, p *catalog.Port, zh, en string) {
	fmt.Fprintf(b, "## %s\n\n%s。%s。 *%s; %s.*\n\n", p.ID, p.Name.Zh, zh, p.Name.En, en)
	line := func(zh, en string, value any) { fmt.Fprintf(b, "- %s %s: `%v`\n", zh, en, value) }
	line("方式", "kind", p.Kind)
	if p.Path != "" {
		line("路径", "path", p.Path)
	}
	wire(p, line)
	if p.Auth != "" {
		line("身份验证", "authentication", p.Auth)
	}
	if p.Batch > 0 {
		line("一次最多", "most in one call", p.Batch)
	}
	if p.TimeoutMS > 0 {
		line("超时毫秒", "time-out, ms", p.TimeoutMS)
	}
	if p.Rate > 0 {
		line("每秒最多", "calls a second", p.Rate)
	}
	if p.Operation == "PUSH" {
		line("查询发放情况", "where lines are asked after", p.Ask)
	}
	if p.Operation == "LOOKUP" {
		line("数据可用期", "a copy is fresh for", p.Fresh())
	}
	for _, m := range p.Maintenance {
		line("维护时段", "maintenance", strings.TrimSpace(fmt.Sprint(m.From, "–", m.To, " ", m.Weekdays)))
	}
	names := map[string]string{} // theirs -> ours
	for theirs, ours := range p.Send {
		names[theirs] = ours
	}
	for ours, theirs := range p.Answers {
		names[theirs] = ours
	}
	if len(names)+len(p.Constants) > 0 {
		b.WriteString("\n| 部门字段 theirs | 数据元 ours | 类型 type | 必填 required | 代码 codes |\n|--|--|--|--|--|\n")
		for _, theirs := range sorted(names) {
			field(b, c, p, theirs, names[theirs])
		}
		for _, theirs := range sorted(p.Constants) {
			fmt.Fprintf(b, "| %s | 固定值 constant `%s` | | | |\n", theirs, p.Constants[theirs])
		}
	}
	b.WriteString("\n")
}

// wire is what a kind of port says besides.
func wire(p *catalog.Port, line func(zh, en string, value any)) {
	if s := p.Soap; s != nil {
		line("SOAP 版本", "SOAP version", s.Version)
		line("命名空间", "namespace", s.Namespace)
		if s.Action != "" {
			line("动作", "action", s.Action)
		}
		line("服务描述，据此生成", "description to generate a service from", "GET "+p.Path+"?wsdl")
		line("字符编码", "encodings that are read", "UTF-8, GB18030, UTF-16")
	}
	if f := p.File; f != nil {
		line("文件格式与编码", "format and encoding of files", f.Format+" "+f.Encoding)
	}
	if t := p.Table; t != nil {
		line("表或视图", "table or view", t.Relation)
		line("公民身份号码所在列", "column with the citizen number", t.Key)
		if t.AsOf != "" {
			line("数据时间所在列", "column that says how old a row is", t.AsOf)
		}
	}
	if g := p.GraphQL; g != nil && g.Document != "" {
		line("查询", "document", strings.Join(strings.Fields(g.Document), " "))
	}
}

func field(b *strings.Builder, c *catalog.Catalog, p *catalog.Port, theirs, ours string) {
	name, typ, codes := ours, "", ""
	if f := c.Field(ours); f != nil {
		name, typ = f.Name.Zh+" "+ours, f.Type
		if f.Codes != "" {
			codes = f.Codes
		}
	}
	if table := p.Codes[ours]; table != nil {
		var pairs []string
		for _, code := range sorted(table) {
			pairs = append(pairs, code+"→"+table[code])
		}
		codes = strings.Join(pairs, " ")
	}
	required := ""
	if slices.Contains(p.Require, theirs) {
		required = "是 yes"
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", theirs, name, typ, required, codes)
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

const care = `## 接入与值守 joining and keeping watch

1. 用测试环境核对契约。 Check the contract against a system for tests: ` + "`vetgraph port check CODE --endpoints FILE --known CITIZEN_NUMBER`" + `.
2. 逐个端口上线，每个一行。 Go live port by port, a line for each in the endpoints file: ` + "`ps.identityVerify: https://…`" + `; the ports of one matter's life go together.
3. 结果以签名回调送达，收到 2xx 才算送达，否则重发。 Results come by signed callback; what is not answered with 2xx is sent again. ` + "`vetgraph secret CODE`" + ` prints the secret.
4. 同一办件编号可能送达两次：须返回同一回执。 The same item may arrive twice: answer with the same receipt.

| 现象 what is seen | 含义 what it means | 处理 what to do |
|--|--|--|
| DEPARTMENT_SILENT | 超时或连接中断 no answer in time, or no connection | 查网络与系统；办件在队列中等待，不会丢失 look at network and system; items wait in the queue and are not lost |
| DEPARTMENT_BUSY | 429 或 503 | 按 Retry-After 自动重试 tried again by itself |
| DEPARTMENT_FAILED | 5xx，或凭证被拒 5xx, or our credential refused | 查系统日志与凭证 look at the system's log and the credential |
| DEPARTMENT_GARBLED | 回应不符合约定 an answer that is not as agreed | 核对字段、代码、编码后再跑契约检查 compare names, codes and encoding, and check the contract again |
| PORT_RESTING | 连续失败，暂缓访问 failed several times, left in peace | 恢复后自动继续 goes on by itself |
| PORT_PAUSED | 运维人员已暂停 paused by an operator | 恢复端口 resume it |
`
