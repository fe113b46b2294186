package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/mockconfig"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// serveFlags are the flags of gostates serve.
type serveFlags struct {
	addr, store, account, region string
	scale                        float64
	lambda, answers, mocks       string
	exec, keys, set              []string
	inspector                    string
	inspectorHosts               []string
	extensions, quiet, wait      bool
}

func serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve [FILE...] [--store FILE] [FLAGS]",
		Short: "serve the AWS Step Functions API for the AWS CLI, SDKs and Terraform",
		Long: `
serve answers the API of AWS Step Functions over HTTP, in place of AWS or of Step
Functions Local: point a client at it and change nothing else.

  gostates serve order.asl.json --store orders.db &
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083

The state machines in the FILEs are registered first: definitions, in JSON or YAML, under
the name of the file without its extensions, and those of SAM and CloudFormation templates
under their own. One that is registered already is updated. With --store executions
outlive the process, also one that is killed; without it all is gone with the process.

A task is done by the first of these that there is:
  --mock-config FILE      the mock file of Step Functions Local, for executions that are
                          started with ARN#TESTCASE; MockConfigFile.json in the working
                          folder is read without being named
  --exec NAME=COMMAND     a command of the shell for a function, resource or state; see
                          "gostates run"
  --tasks FILE            canned answers, as --answers of "gostates run" has them; every
                          execution begins with the first
  --lambda-endpoint URL   functions behind the Lambda Invoke API, as
                          "sam local start-lambda" serves them
Activities, nested executions, HTTP tasks to public addresses and Task Tokens need none
of these. Any other task fails, and the cause says what it lacks.

The flags have the environment variables of Step Functions Local for their defaults:
AWS_ACCOUNT_ID, AWS_DEFAULT_REGION, WAIT_TIME_SCALE, LAMBDA_ENDPOINT and
SFN_MOCK_CONFIG.

A browser finds machines and executions at http://127.0.0.1:8083/inspector/ (--inspector).
Browsers on this machine that ask for localhost get an answer, and others by a host that
--inspector-host names.

Whoever reaches the address can do all that the API can do, and run the commands of --exec
with inputs of their own. So serve listens on this machine alone unless --addr says
otherwise, and with --key it answers requests that are signed with a key of yours, and no
others: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the client. A signature hides
nothing from who listens, so put TLS in front.

An interrupt (Ctrl-C) ends it: running handlers may finish, for 30 seconds, and with a
store Express executions too, and all else goes on when it is started again. A second
interrupt ends it at once. A process with --wait takes over when it has ended.`,
		ValidArgsFunction: files("json", "yaml", "yml"),
		RunE:              func(cmd *cobra.Command, args []string) error { return flags.serve(cmd, args) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.addr, "addr", "127.0.0.1:8083", "the `ADDRESS` to listen on; a port alone means this machine")
	set.StringVar(&flags.store, "store", "", "keep everything in this SQLite `FILE`")
	set.BoolVar(&flags.wait, "wait", false, "with --store: wait for the process that has the file, and take over from it")
	set.StringVar(&flags.account, "account", cmp.Or(os.Getenv("AWS_ACCOUNT_ID"), "123456789012"), "the account in ARNs, 12 `DIGITS`")
	set.StringVar(&flags.region, "region", cmp.Or(os.Getenv("AWS_DEFAULT_REGION"), "us-east-1"), "the `REGION` in ARNs")
	scale, err := strconv.ParseFloat(os.Getenv("WAIT_TIME_SCALE"), 64)
	if err != nil {
		scale = 1
	}
	set.Float64Var(&flags.scale, "wait-time-scale", scale, "how long a second of a Wait state or of a retry's delay takes, in `SECONDS`")
	set.StringVar(&flags.lambda, "lambda-endpoint", os.Getenv("LAMBDA_ENDPOINT"), "the `URL` of functions")
	set.StringVar(&flags.mocks, "mock-config", os.Getenv("SFN_MOCK_CONFIG"), "the `FILE` that has what tasks answer, by test case")
	set.StringVar(&flags.answers, "tasks", "", "the `FILE` that has what tasks answer")
	set.StringArrayVar(&flags.exec, "exec", nil, "do tasks by a command, `NAME=COMMAND`; may be given several times")
	set.StringArrayVar(&flags.keys, "key", nil, "answer requests signed with this access key alone, `ID=SECRET`; may be given several times, and @FILE has one in each line")
	set.StringVar(&flags.inspector, "inspector", "", "show machines and executions below /inspector/: `on`, read-only, or off; by default on, and off with --key")
	set.StringArrayVar(&flags.inspectorHosts, "inspector-host", nil, "answer browsers that ask for the inspector by this `HOST`, from other machines, too; may be given several times")
	set.StringArrayVar(&flags.set, "set", nil, "the value of ${NAME} in the FILEs, as `NAME=VALUE`; may be given several times")
	set.BoolVar(&flags.extensions, "extensions", false, "accept Compensate, which AWS does not know")
	set.BoolVar(&flags.quiet, "quiet", false, "log errors only")
	completeFlag(cmd, "store", files("db", "sqlite"))
	completeFlag(cmd, "tasks", files("json"))
	completeFlag(cmd, "mock-config", files("json"))
	completeFlag(cmd, "inspector", cobra.FixedCompletions([]string{inspectorOn, inspectorReadOnly, inspectorOff}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// shutdownTime is how long executions and handlers may go on after an interrupt.
const shutdownTime = 30 * time.Second

// serve listens until it is interrupted.
func (f *serveFlags) serve(cmd *cobra.Command, definitions []string) (err error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := f.logger(cmd)
	defer func() { _ = log.Sync() }()
	tasks, err := f.tasks(cmd)
	if err != nil {
		return err
	}
	config := engine.Config{Resolver: tasks, Account: f.account, Region: f.region, Logger: log, WaitScale: max(f.scale, 1e-9)}
	if config.Mocks, err = f.openMocks(); err != nil {
		return err
	}
	if f.store != "" {
		var options []sqlite.Option
		if f.wait {
			options = append(options, sqlite.WaitForOwner(ctx))
		}
		config.Store = sqlite.Open(f.store, options...)
	}
	eng, err := engine.New(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.shutdown(eng)) }()
	machines := registry.New(eng)
	eng.UseMachines(machines)
	if err := f.register(cmd, machines, definitions, log); err != nil {
		return err
	}
	handler, err := f.handler(eng, machines)
	if err == nil {
		handler, err = f.withInspector(handler, eng, machines, log)
	}
	if err != nil {
		return err
	}
	listener, err := f.listen(ctx)
	if err != nil {
		return err
	}
	f.announce(cmd, listener.Addr(), log)
	return serveOn(ctx, stop, listener, handler, log)
}

// shutdown closes the engine. Without a store executions that wait would hold it up in vain.
func (f *serveFlags) shutdown(eng *engine.Engine) error {
	if f.store == "" {
		return eng.Close()
	}
	within, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	return eng.Shutdown(within)
}

// defaultMocks is the mock file that Step Functions Local reads unless another is named.
const defaultMocks = "MockConfigFile.json"

// openMocks reads the mock file, if there is one.
func (f *serveFlags) openMocks() (engine.Mocks, error) {
	name := f.mocks
	if name == "" {
		if _, err := os.Stat(defaultMocks); err != nil {
			return nil, nil
		}
		name = defaultMocks
	}
	return mockconfig.Open(name)
}

// handler returns what answers requests.
func (f *serveFlags) handler(eng *engine.Engine, machines *registry.Registry) (http.Handler, error) {
	keys, err := readKeys(f.keys)
	if err != nil {
		return nil, err
	}
	return stepfunctions.New(stepfunctions.Config{Engine: eng, Machines: machines, Extensions: f.extensions, Keys: keys})
}

// readKeys reads the access keys that flags and files have.
func readKeys(given []string) (map[string]string, error) {
	keys := make(map[string]string)
	for _, key := range given {
		lines := []string{key}
		if file, ok := strings.CutPrefix(key, "@"); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			lines = strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
		}
		for _, line := range lines {
			id, secret, ok := strings.Cut(strings.TrimSpace(line), "=")
			if !ok || id == "" || secret == "" {
				return nil, misused("--key: an access key is written as ID=SECRET")
			}
			keys[id] = secret
		}
	}
	return keys, nil
}

// listen opens the address.
func (f *serveFlags) listen(ctx context.Context) (net.Listener, error) {
	addr := f.addr
	if port, ok := strings.CutPrefix(addr, ":"); ok {
		addr = net.JoinHostPort("127.0.0.1", port)
	} else if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
		addr = net.JoinHostPort("127.0.0.1", addr)
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", addr)
}

// announce says where it listens, and what that means.
func (f *serveFlags) announce(cmd *cobra.Command, addr net.Addr, log *zap.Logger) {
	fmt.Fprintf(cmd.OutOrStdout(), "listening on http://%s\n", addr)
	if !f.quiet {
		if f.inspects() {
			fmt.Fprintf(cmd.ErrOrStderr(), "The inspector is at http://%s%s\n", addr, inspectorPath)
		}
		fmt.Fprint(cmd.ErrOrStderr(), strings.ReplaceAll(stepfunctions.Hint, "THIS-HOST", addr.String()))
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && len(f.keys) == 0 {
		log.Warn("whoever reaches this address can start, stop and read everything, and run the commands of --exec",
			zap.Stringer("address", addr))
	}
	for _, service := range []string{"BATCH", "DYNAMODB", "ECS", "GLUE", "SAGE_MAKER", "SQS", "SNS", "STEP_FUNCTIONS", "EVENTS", "EVENTBRIDGE"} {
		if name := service + "_ENDPOINT"; os.Getenv(name) != "" {
			log.Warn("there are no clients of this service in gostates: its tasks need --exec or --tasks", zap.String("variable", name))
		}
	}
}

// drainTimeout bounds how long requests may go on that came before the interrupt.
const drainTimeout = 5 * time.Second

// serveOn answers requests until ctx ends.
func serveOn(ctx context.Context, again func(), listener net.Listener, handler http.Handler, log *zap.Logger) error {
	// Requests of long polls end with the context, so that nobody waits for them.
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	errorLog, err := zap.NewStdLogAt(log, zapcore.WarnLevel)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return serving },
		ErrorLog:    errorLog,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	again() // a second interrupt ends the process
	log.Info("closing")
	end()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return server.Close()
	}
	return nil
}

// logger returns the logger of requests and of the engine: JSON lines on standard error.
func (f *serveFlags) logger(cmd *cobra.Command) *zap.Logger {
	level := zapcore.InfoLevel
	if f.quiet {
		level = zapcore.ErrorLevel
	}
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(config), zapcore.Lock(zapcore.AddSync(cmd.ErrOrStderr())), level))
}

// logged logs each request when it is answered.
func logged(handler http.Handler, log *zap.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		handler.ServeHTTP(seen, r)
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		log.Info("request", zap.String("operation", operation), zap.Int("status", seen.status), zap.Duration("took", time.Since(began)),
			zap.String("request_id", seen.Header().Get("x-amzn-RequestId")))
	})
}

// A statusWriter keeps the status of an answer in mind.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
