// Package server runs a PostgreSQL server of its own, for tests and examples: in a temporary
// folder, on a Unix socket.
package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNone is returned when the machine has no PostgreSQL.
var ErrNone = errors.New("there is no PostgreSQL server on this machine: neither initdb and postgres in the PATH nor /usr/lib/postgresql")

// A Server is a server that runs.
type Server struct {
	folder, data string
	programs     string
	settings     []string
	ended        chan error
	alive        *os.File // its end is the server's
}

// find returns the folder with the server's programs, of the newest version if there are
// several.
func find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// Start makes a database cluster and starts a server on it. The user postgres may do
// everything, without a password. The settings, such as "fsync=off", are added to the
// server's own. Start returns ErrNone when the machine has no PostgreSQL.
func Start(settings ...string) (*Server, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "gostates-pg")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, data: filepath.Join(folder, "data"), programs: programs, settings: settings}
	if err := s.own(folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	out, err := s.command(filepath.Join(programs, "initdb"), "-D", s.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(folder))
	}
	if err := s.Up(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

// command is a program of the server's, which refuses to be run by root.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = s.folder
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = s.attributes()
	return c
}

// watch is the shell's program that runs the server, and ends it when the process that wanted it
// is gone, however that ended: the other end of the descriptor 3 is closed then.
const watch = `"$0" "$@" 3<&- & server=$!; (cat <&3; kill -QUIT $server) >/dev/null 2>&1 & wait $server`

// Up starts the server, which is not running, and waits until it answers.
func (s *Server) Up() error {
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-c", watch, filepath.Join(s.programs, "postgres"), "-D", s.data, "-k", s.folder}
	for _, setting := range append([]string{"listen_addresses=", "max_connections=200"}, s.settings...) {
		args = append(args, "-c", setting)
	}
	watched, alive, err := os.Pipe()
	if err != nil {
		return err
	}
	defer watched.Close()
	s.alive = alive
	process := s.command("/bin/sh", args...)
	process.ExtraFiles = []*os.File{watched}
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		return errors.Join(err, alive.Close())
	}
	s.ended = make(chan error, 1)
	go func(ended chan error) { ended <- process.Wait() }(s.ended)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case ended := <-s.ended:
			text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("the server ended: %w: %s", ended, text)
		case <-ctx.Done():
			return errors.Join(err, s.Kill())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the connection string.
func (s *Server) URL() string {
	return "host=" + s.folder + " user=postgres dbname=postgres"
}

// Kill ends the server as a crash does.
func (s *Server) Kill() error { return s.end(syscall.SIGQUIT) }

// Down ends the server as its administrator does: connections are ended, too.
func (s *Server) Down() error { return s.end(syscall.SIGINT) }

func (s *Server) end(signal syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		return err
	}
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Signal(signal)
	}
	if err != nil {
		return err
	}
	<-s.ended
	return s.alive.Close()
}

// Stop ends the server and removes everything.
func (s *Server) Stop() error {
	return errors.Join(s.Kill(), os.RemoveAll(s.folder))
}

// Log is what the server complained of.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
	return strings.TrimSpace(string(text))
}
