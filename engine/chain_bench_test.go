package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
)

// BenchmarkChain runs chains of states on an input that is JSON text: of five tasks that return
// what they were given, with handlers of both kinds, and of ten Pass states.
func BenchmarkChain(b *testing.B) {
	input := json.RawMessage(`{"id":7,"item":"lamp","quantity":2,"address":{"street":"Long Street","number":12,"city":"Riga"}}`)
	type address struct {
		Street string `json:"street"`
		Number int    `json:"number"`
		City   string `json:"city"`
	}
	type lamp struct {
		ID       int     `json:"id"`
		Item     string  `json:"item"`
		Quantity int     `json:"quantity"`
		Address  address `json:"address"`
	}
	for _, c := range []struct {
		name    string
		states  int
		state   string
		handler engine.Handler
	}{
		{"raw", 5, `"Type":"Task","Resource":"echo"`, engine.HandlerFunc(echo)},
		{"typed", 5, `"Type":"Task","Resource":"echo"`, engine.Func(func(_ context.Context, l lamp) (lamp, error) { return l, nil })},
		{"pass", 10, `"Type":"Pass"`, engine.HandlerFunc(echo)},
	} {
		var chain strings.Builder
		for i := range c.states - 1 {
			fmt.Fprintf(&chain, `"S%d":{%s,"Next":"S%d"},`, i, c.state, i+1)
		}
		m := machine(b, fmt.Sprintf(`{"StartAt":"S0","States":{%s"S%d":{%s,"End":true}}}`, chain.String(), c.states-1, c.state))
		mux := engine.NewMux()
		mux.Handle("echo", c.handler)
		callers(b, c.name+"/express", engine.Config{Resolver: mux}, func(e *engine.Engine) error {
			_, err := e.StartSyncExecution(context.Background(), m, input)
			return err
		})
		callers(b, c.name+"/standard", engine.Config{Resolver: mux}, func(e *engine.Engine) error { return startAndWait(e, m, input) })
	}
}
