package engine_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestATokenIsForItsQuery: the next page of one query is no page of any other.
func TestATokenIsForItsQuery(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		var arns []string
		for _, machine := range []string{"m", "n"} {
			for i := range 3 {
				arns = append(arns, run(t, e, one(t, succeed), nil, engine.Machine(machine), engine.Named(fmt.Sprint(i))).ARN())
			}
		}
		list := func(o engine.ListOptions) func(string) (string, error) {
			return func(token string) (string, error) {
				o.MaxResults, o.NextToken = 1, token
				page, err := e.ListExecutions(t.Context(), o)
				if err != nil {
					return "", err
				}
				return page.NextToken, nil
			}
		}
		history := func(arn string, reverse bool) func(string) (string, error) {
			return func(token string) (string, error) {
				page, err := e.GetExecutionHistory(t.Context(), arn, engine.HistoryOptions{MaxResults: 1, NextToken: token, ReverseOrder: reverse})
				if err != nil {
					return "", err
				}
				return page.NextToken, nil
			}
		}
		queries := map[string]func(token string) (string, error){
			"all":            list(engine.ListOptions{}),
			"m":              list(engine.ListOptions{Machine: "m"}),
			"n":              list(engine.ListOptions{Machine: "n"}),
			"succeeded":      list(engine.ListOptions{Statuses: []states.Status{states.StatusSucceeded}}),
			"m succeeded":    list(engine.ListOptions{Machine: "m", Statuses: []states.Status{states.StatusSucceeded}}),
			"since":          list(engine.ListOptions{StartedSince: clock.Now()}),
			"since before":   list(engine.ListOptions{StartedSince: clock.Now().Add(-time.Hour)}),
			"history":        history(arns[0], false),
			"reverse":        history(arns[0], true),
			"other":          history(arns[1], false),
			"other, reverse": history(arns[1], true),
		}
		for from, query := range queries {
			token, err := query("")
			require.NoError(t, err, from)
			require.NotEmpty(t, token, from)
			for to, query := range queries {
				if _, err := query(token); from == to {
					assert.NoError(t, err, from)
				} else {
					assert.ErrorIs(t, err, engine.ErrInvalidPage, "the token of %q for %q", from, to)
				}
			}
			text, err := base64.RawURLEncoding.DecodeString(token)
			require.NoError(t, err)
			for _, bad := range []string{"x", token + "=", token[1:], token[:len(token)-1] + "!",
				base64.RawURLEncoding.EncodeToString(text[:8]),
				base64.RawURLEncoding.EncodeToString(append(text[:8:8], "-1"...)),
				base64.RawURLEncoding.EncodeToString(append(text[:8:8], "0"...)),
				base64.RawURLEncoding.EncodeToString(append(text[:8:8], "x"...)),
			} {
				_, err := query(bad)
				assert.ErrorIs(t, err, engine.ErrInvalidPage, "%q for %q", bad, from)
			}
		}
		asARN, err := e.ListExecutions(t.Context(), engine.ListOptions{Machine: e.MachineARN("m"), MaxResults: 1})
		require.NoError(t, err)
		next, err := queries["m"](asARN.NextToken)
		require.NoError(t, err, "a name and its ARN are the same")
		assert.NotEmpty(t, next)
	})
}

// TestPagesOfWhatStartedSince end, however much started before.
func TestPagesOfWhatStartedSince(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		for range 25 {
			run(t, e, one(t, succeed), nil, engine.Machine("m"))
		}
		clock.Advance(time.Minute)
		since := clock.Now()
		for range 5 {
			run(t, e, one(t, succeed), nil, engine.Machine("m"))
		}
		for _, size := range []int{1, 2, 5, 6, 100} {
			found, token := 0, ""
			for pages := 0; pages == 0 || token != ""; pages++ {
				require.Less(t, pages, 31)
				page, err := e.ListExecutions(t.Context(), engine.ListOptions{Machine: "m", StartedSince: since, MaxResults: size, NextToken: token})
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.Executions), size)
				for _, x := range page.Executions {
					assert.False(t, x.StartDate.Before(since))
				}
				found, token = found+len(page.Executions), page.NextToken
			}
			assert.Equal(t, 5, found, "pages of %d", size)
		}
	})
}

// TestPageTokensAreNoOptions: none begins with a hyphen, which command lines take for an option.
func TestPageTokensAreNoOptions(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{})
	for range 500 {
		x := run(t, e, one(t, succeed), nil)
		page, err := e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{MaxResults: 1})
		require.NoError(t, err)
		assert.NotEqual(t, byte('-'), page.NextToken[0], page.NextToken)
	}
}
