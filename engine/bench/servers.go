package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A server is a process that answers the API.
type server struct {
	url  string
	stop func()
	// idle servers start executions and run nothing of them.
	idle bool
}

// serverColumns are the contenders that answer the API of AWS Step Functions: all in memory, and
// all but moto without a log of requests.
func (s *settings) serverColumns() []column {
	var columns []column
	for _, c := range []struct {
		name    string
		prepare func() (start func() (*server, error), err error)
	}{
		{"gostates serve", prepareGostates},
		{kumoName, prepareKumo},
		{"stepfunctions-local 1.3.1", prepareLocal},
		{"moto " + motoVersion + " (runs nothing)", prepareMoto},
	} {
		start, err := c.prepare()
		columns = append(columns, column{name: c.name, absent: err, take: func(w workload) (rate, error) {
			server, err := start()
			if err != nil {
				return rate{}, fmt.Errorf("%s: %w", c.name, err)
			}
			defer server.stop()
			return s.rateOfServer(server, w)
		}})
	}
	return columns
}

func prepareGostates() (func() (*server, error), error) {
	dir, err := moduleFolder("-m", "github.com/gostates/gostates")
	if err != nil {
		return nil, err
	}
	file, err := goBuild(dir, "./cmd/gostates", "gostates")
	if err != nil {
		return nil, err
	}
	return func() (*server, error) {
		return startServer(exec.Command(file, "serve", "--quiet", "--inspector", "off", "--addr", "127.0.0.1:0"), "")
	}, nil
}

func prepareKumo() (func() (*server, error), error) {
	file, err := buildPeers()
	return func() (*server, error) { return startServer(exec.Command(file, "kumo"), "") }, err
}

// prepareLocal prepares the server of npm's package.
func prepareLocal() (func() (*server, error), error) {
	dir, err := installNPM("stepfunctions-local@1.3.1")
	return func() (*server, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		c := exec.Command("node", "-e", fmt.Sprintf(`require(%q).start({port: %d})`, filepath.Join(dir, "node_modules", "stepfunctions-local"), port))
		return startServer(c, fmt.Sprintf("http://127.0.0.1:%d", port))
	}, err
}

const motoVersion = "5.2.1"

// prepareMoto finds moto, or has pip install it in an environment of its own. It is measured as it
// comes: it notes that an execution was started. Told to run executions, this version answers a start
// beside one that runs with an internal error: it copies what can't be copied.
func prepareMoto() (func() (*server, error), error) {
	python, err := motoPython()
	return func() (*server, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		server, err := startServer(exec.Command(python, "-m", "moto.server", "-H", "127.0.0.1", "-p", fmt.Sprint(port)), fmt.Sprintf("http://127.0.0.1:%d", port))
		if err == nil {
			server.idle = true
		}
		return server, err
	}, err
}

// motoPython returns a Python that has moto in the version that is compared with.
func motoPython() (string, error) {
	dir, err := cacheFolder("moto")
	if err != nil {
		return "", err
	}
	own := filepath.Join(dir, "bin", "python")
	for _, python := range []string{own, "python3"} {
		text, err := exec.Command(python, "-c", "import moto, flask, antlr4; print(moto.__version__)").Output()
		if err == nil && strings.TrimSpace(string(text)) == motoVersion {
			return python, nil
		}
	}
	if written, err := exec.Command("python3", "-m", "venv", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("python3 -m venv: %w: %s", err, lastLine(written))
	}
	pkg := "moto[server,stepfunctions]==" + motoVersion
	if written, err := exec.Command(own, "-m", "pip", "install", "-q", pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip install %s: %w: %s", pkg, err, lastLine(written))
	}
	return own, nil
}

// freePort returns a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// startServer starts a process, and returns when it answers. Without a URL it is the last word
// of the first line that the process prints.
func startServer(c *exec.Cmd, url string) (*server, error) {
	in, err := c.StdinPipe() // which ends with this process
	if err != nil {
		return nil, err
	}
	var first *bufio.Reader
	if url == "" {
		out, err := c.StdoutPipe()
		if err != nil {
			return nil, err
		}
		first = bufio.NewReader(out)
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		_ = in.Close()
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	if first != nil {
		line, err := first.ReadString('\n')
		if err != nil {
			stop()
			return nil, err
		}
		words := strings.Fields(line)
		url = words[len(words)-1]
	}
	host := strings.TrimPrefix(url, "http://")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("tcp", host)
		if err == nil {
			return &server{url: url, stop: stop}, connection.Close()
		}
		if time.Now().After(deadline) {
			stop()
			return nil, errors.Join(os.ErrDeadlineExceeded, err)
		}
	}
}
