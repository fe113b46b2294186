package postgres_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/gostates/gostates/engine/postgres"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"
)

// refusing listens as a server that answers each connection by a function, and returns its
// address.
func refusing(t *testing.T, answer func(c net.Conn) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			_ = answer(c) // its client may have gone
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// message reads a message of a connection's beginning.
func message(c net.Conn) error {
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(size[:]))-4)
	return err
}

// TestServersThatRefuse: what a server has against a connection is told, without the password.
func TestServersThatRefuse(t *testing.T) {
	const secret = "hunter2"
	noTLS := func(c net.Conn) error {
		err := message(c)
		_, failed := c.Write([]byte("N"))
		return errors.Join(err, failed)
	}
	badTLS := func(c net.Conn) error {
		err := message(c)
		_, failed := c.Write([]byte("S and no handshake"))
		return errors.Join(err, failed)
	}
	wrongPassword := func(c net.Conn) error {
		if err := message(c); err != nil {
			return err
		}
		b := pgproto3.NewBackend(c, c)
		b.Send(&pgproto3.AuthenticationCleartextPassword{})
		if err := b.Flush(); err != nil {
			return err
		}
		if err := b.SetAuthType(pgproto3.AuthTypeCleartextPassword); err != nil {
			return err
		}
		if _, err := b.Receive(); err != nil {
			return err
		}
		b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: `password authentication failed for user "u"`})
		return b.Flush()
	}
	for name, c := range map[string]struct {
		answer  func(c net.Conn) error
		options string
		is      error
		says    string
	}{
		"no TLS":                {noTLS, "sslmode=require", postgres.ErrUnavailable, "server refused TLS connection"},
		"TLS that is none":      {badTLS, "sslmode=require", postgres.ErrUnavailable, "tls"},
		"a password":            {wrongPassword, "sslmode=disable", postgres.ErrRefused, `password authentication failed for user "u"`},
		"nothing and goes away": {func(net.Conn) error { return nil }, "sslmode=disable", postgres.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := postgres.Open("postgres://u:" + secret + "@" + refusing(t, c.answer) + "/db?" + c.options)
			require.ErrorIs(t, s.Err(), c.is)
			require.ErrorContains(t, s.Err(), c.says)
			require.NotContains(t, fmt.Sprintf("%+v", s.Err()), secret)
			require.NoError(t, s.Close())
		})
	}
}
