package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
	"go.yaml.in/yaml/v3"
)

// cli is the command line: every setting, and the commands.
type cli struct {
	Config
	File kong.ConfigFlag `name:"config" help:"YAML or JSON file with settings, named like the flags. 配置文件。" placeholder:"FILE"`

	Serve       serveCommand       `cmd:"" default:"1" help:"Serve the hub (the default). 启动服务。"`
	Import      importCommand      `cmd:"" help:"Read a discharge roll into the profile. 导入移交名册。"`
	Seed        seedCommand        `cmd:"" help:"Prepare the demonstration's data without serving. 只准备示例数据。"`
	Plan        planCommand        `cmd:"" help:"Print a veteran's plan. 在终端打印办理方案。"`
	Matters     catalogCommand     `cmd:"" name:"catalog" help:"Look at a catalogue. 检查事项目录。"`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database up to date. 升级数据库结构。"`
	Backup      backupCommand      `cmd:"" help:"Copy the database into one file, while hubs work. 备份数据库。"`
	Restore     restoreCommand     `cmd:"" help:"Fill an empty database from a backup, and check it. 从备份恢复。"`
	Retention   retentionCommand   `cmd:"" name:"retention" help:"How long what is kept, and what is due to go. 保存期限。"`
	Doctor      doctorCommand      `cmd:"" help:"Check configuration, keys, catalogue and database. 自检。"`
	Keygen      keygenCommand      `cmd:"" help:"Make a file with fresh keys. 生成密钥文件。"`
	PublicKeys  keysCommand        `cmd:"" name:"keys" help:"Look at the keys. 查看密钥。"`
	Verify      verifyCommand      `cmd:"" help:"Check a feedback sheet, or the proof of a read, without a network. 离线核验反馈单或查阅凭证。"`
	Witness     witnessCommand     `cmd:"" help:"Look at a hub's log of reads from outside and sign that it only grows. 见证查阅日志。"`
	Receipts    receiptsCommand    `cmd:"" help:"Look at the log of reads. 查阅日志。"`
	Secret      secretCommand      `cmd:"" help:"Print the secret a department signs its callbacks with. 部门回调口令。"`
	Port        portCommand        `cmd:"" help:"Connect departments. 接入部门端口。"`
	Departments departmentsCommand `cmd:"" help:"Play the departments in a process of their own. 单独运行示例部门。"`
	Gateway     gatewayCommand     `cmd:"" help:"Answer a supergraph without a hub. 独立运行联邦网关。"`
	Compose     composeCommand     `cmd:"" help:"Make one supergraph out of subgraphs. 合成超图。"`
	Slice       sliceCommand       `cmd:"" help:"Look at what partners may read. 数据共享授权。"`
	Policy      policyCommand      `cmd:"" help:"Print who is sent what: role by door by field, as CSV. 打印权限矩阵。"`
	Version     versionCommand     `cmd:"" help:"Print the version. 版本。"`
}

// session is what commands are run with.
type session struct {
	ctx context.Context
	Config
	out, err io.Writer
}

// say tells the person at the terminal, Chinese first.
func (s *session) say(zh, en string) { _, _ = fmt.Fprintf(s.err, "%s\n%s\n", zh, en) }

// Main runs the program with its arguments and returns its exit status.
func Main(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tuneMemory()
	err := run(ctx, args, out, errs)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintf(errs, "vetgraph: %v\n", err)
	return 1
}

// errDone ends the program after kong has printed help.
type done struct{}

func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(done); !ok {
				panic(p)
			}
			err = nil
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("vetgraph"),
		kong.Description("退役军人服务“一件事”联办枢纽。 The hub that handles a veteran's matters as one.\n\nWithout arguments it runs a demonstration with synthetic people. 不带参数即为演示。"),
		kong.DefaultEnvars("VETGRAPH"), kong.Configuration(settings), kong.Writers(out, errs), kong.UsageOnError(),
		kong.Exit(func(int) { panic(done{}) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	c.Config.Log = newLog(c.LogFormat, c.LogLevel, errs)
	log.SetFlags(0)
	log.SetOutput(stdLog(c.Config.Log).Writer())
	return command.Run(&session{ctx: ctx, Config: c.Config, out: out, err: errs})
}

// newLog writes to a person at a terminal, or JSON to whoever collects it.
func newLog(format, level string, to io.Writer) zerolog.Logger {
	f, isFile := to.(*os.File)
	if format == "console" || format == "auto" && isFile && terminal(f) {
		to = zerolog.ConsoleWriter{Out: to, TimeFormat: time.TimeOnly}
	}
	l, err := zerolog.ParseLevel(level)
	if err != nil {
		l = zerolog.InfoLevel
	}
	return zerolog.New(to).Level(l).With().Timestamp().Logger()
}

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// stdLog takes what libraries write to the standard log: notes on connections,
// which only somebody looking for trouble wants.
func stdLog(l zerolog.Logger) *log.Logger {
	l = l.With().Str("part", "library").Logger()
	return log.New(debugWriter{l}, "", 0)
}

type debugWriter struct{ log zerolog.Logger }

// Write implements io.Writer.
func (d debugWriter) Write(p []byte) (int, error) {
	d.log.Debug().Msg(strings.TrimSpace(string(p)))
	return len(p), nil
}

type serveCommand struct{}

// Run serves until a signal comes.
func (serveCommand) Run(s *session) error {
	err := Serve(s.ctx, s.Config, s.say)
	if s.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s *session) error {
	_, err := fmt.Fprintln(s.out, "vetgraph", version())
	return err
}

// version is that of the module, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = "devel " + s.Value[:min(12, len(s.Value))]
		}
	}
	return v + " " + info.GoVersion
}

// settings reads a configuration file. It refuses a setting that does not exist.
func settings(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	return &fileSettings{values}, nil
}

type fileSettings struct{ values map[string]any }

// Validate implements kong.Resolver.
func (f *fileSettings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flags := range app.AllFlags(false) {
		for _, flag := range flags {
			known[flag.Name] = true
		}
	}
	var unknown []string
	for _, name := range sortedKeys(f.values) {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the configuration file has settings that do not exist: %s", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve implements kong.Resolver. The environment goes first.
func (f *fileSettings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	return f.values[flag.Name], nil
}
