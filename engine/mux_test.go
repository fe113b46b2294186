package engine_test

import (
	"context"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answering makes a handler that is told from others by what it answers.
func answering(answer string) engine.Handler {
	return engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return answer, nil })
}

func TestMuxFindsTheMostParticularHandler(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	for _, name := range []string{
		"*", "arn:aws:states:::*", "arn:aws:states:::dynamodb:*", "arn:aws:states:::dynamodb:getItem",
		"ship", "ship-*", "*-ship", "a*b*c", "arn:aws:states:::aws-sdk:*:list*",
	} {
		mux.Handle(name, answering(name))
	}
	require.NoError(t, mux.Err())
	for resource, want := range map[string]string{
		"arn:aws:states:::dynamodb:getItem":       "arn:aws:states:::dynamodb:getItem",
		"arn:aws:states:::dynamodb:putItem":       "arn:aws:states:::dynamodb:*",
		"arn:aws:states:::sqs:sendMessage":        "arn:aws:states:::*",
		"arn:aws:states:::aws-sdk:s3:listBuckets": "arn:aws:states:::aws-sdk:*:list*",
		"arn:aws:states:::aws-sdk:s3:getObject":   "arn:aws:states:::*",
		"ship":                                    "ship",
		"ship-express":                            "ship-*",
		"ship-":                                   "ship-*",
		"fast-ship":                               "*-ship",
		"abc":                                     "a*b*c",
		"a-b-b-c":                                 "a*b*c",
		"acb":                                     "*",
		"ac":                                      "*",
		"anything":                                "*",
	} {
		h := mux.Resolve(resource)
		require.NotNil(t, h, resource)
		got, err := h.Handle(t.Context(), engine.Task{})
		require.NoError(t, err)
		assert.Equal(t, want, got, resource)
	}
}

// TestMuxFindsFunctions by their ARNs, before any pattern.
func TestMuxFindsFunctions(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	for _, name := range []string{"*", "ship", "ship:blue", "arn:aws:lambda:us-east-1:123456789012:function:ship:green", "bill-*", "review"} {
		mux.Handle(name, answering(name))
	}
	for resource, want := range map[string]string{
		"ship":      "ship",
		"ship:blue": "ship:blue",
		"ship:red":  "ship",
		"arn:aws:lambda:us-east-1:123456789012:function:ship":            "ship",
		"arn:aws:lambda:us-east-1:123456789012:function:ship:red":        "ship",
		"arn:aws:lambda:us-east-1:123456789012:function:ship:green":      "arn:aws:lambda:us-east-1:123456789012:function:ship:green",
		"arn:aws:lambda:us-east-1:123456789012:function:bill-order":      "bill-*",
		"arn:aws:lambda:us-east-1:123456789012:function:bill-order:live": "bill-*",
		"arn:aws:states:us-east-1:123456789012:activity:review":          "review",
		"arn:aws:states:::lambda:invoke":                                 "*",
	} {
		got, err := mux.Resolve(resource).Handle(t.Context(), engine.Task{})
		require.NoError(t, err)
		assert.Equal(t, want, got, resource)
	}
}

func TestMuxPatternDoesNotCountCharactersTwice(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("aba*aba", answering(""))
	assert.Nil(t, mux.Resolve("aba"))
	assert.Nil(t, mux.Resolve("ababa"))
	assert.NotNil(t, mux.Resolve("abaaba"))
}

func TestMuxPatternTakesABackslashAsItIs(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle(`a\b\*`, answering(""))
	require.NoError(t, mux.Err())
	assert.NotNil(t, mux.Resolve(`a\b\c`))
	assert.Nil(t, mux.Resolve(`abc`))
}

func TestMuxKnowsNothingAtFirst(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	assert.Nil(t, mux.Resolve("ship"))
	assert.Empty(t, mux.Resources())
	assert.NoError(t, mux.Err())
}

func TestMuxReportsEveryUnusableHandler(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("ship", answering("1"))
	mux.Handle("ship", answering("2"))
	mux.Handle("pack*", answering("1"))
	mux.Handle("pack*", answering("2"))
	mux.Handle("", answering(""))
	mux.Handle("bill", nil)
	mux.HandleFunc("weigh", nil)
	mux.Handle("count", engine.LambdaFunc(7))
	_, err := engine.New(engine.Config{Resolver: mux})
	require.Error(t, err)
	assert.Equal(t, `engine: Mux: two handlers for "ship"
engine: Mux: two handlers for "pack*"
engine: Mux: a handler without a name
engine: Mux: handler for "bill" is nil
engine: Mux: handler for "weigh" is nil
engine: Mux: handler for "count": engine: LambdaFunc: int is no Lambda handler: it is not a function`, err.Error())
	got, _ := mux.Resolve("ship").Handle(t.Context(), engine.Task{})
	assert.Equal(t, "1", got, "the first stays")
	assert.Equal(t, []string{"pack*", "ship"}, mux.Resources())
}
