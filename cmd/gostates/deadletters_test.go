package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDeadLettersOfAStore are listed while an engine has it, and dropped when none does.
func TestDeadLettersOfAStore(t *testing.T) {
	inFolder(t, nil)
	blocked, release := make(chan struct{}), make(chan struct{})
	eng, err := engine.New(engine.Config{Store: sqlite.Open("orders.db"), Resolver: engine.NewMux(), NotifyAttempts: 1,
		Notify: func(_ context.Context, c engine.StatusChange) error {
			if c.Detail.Status == "SUCCEEDED" {
				close(blocked)
				<-release
				return nil
			}
			return errors.New("the bus\nis full")
		}})
	require.NoError(t, err)
	machine, err := asl.Parse(`{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`)
	require.NoError(t, err)
	_, err = eng.StartExecution(t.Context(), machine, nil, engine.Machine("orders"), engine.Named("o-1"))
	require.NoError(t, err)
	<-blocked
	const key = `00000000000000000001`
	code, out, _ := gostates("", "deadletters", "--store", "orders.db")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^key +changed +status +execution +attempts +error\n`+key+`  \S+ \S+  RUNNING  `+arnOf+`o-1  1 +the bus; is full\n1 more wait to be told, the oldest since \S+ \S+\n$`, out)
	code, out, _ = gostates("", "deadletters", "--store", "orders.db", "--json")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `(?s)"key": "`+key+`",\n.*"error": "the bus\\nis full",\n.*"waiting": 1\n`, out)
	code, _, text := gostates("", "deadletters", "--store", "orders.db", "--drop", key)
	assert.NotEqual(t, exitOK, code)
	assert.Contains(t, text, "is in use by process")
	close(release)
	require.NoError(t, eng.Close())
	code, _, text = gostates("", "deadletters", "--store", "orders.db", "--drop", key)
	assert.Equal(t, exitOK, code, text)
	code, out, _ = gostates("", "deadletters", "--store", "orders.db")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, 1, strings.Count(out, "\n"), "nothing but the head")
}
