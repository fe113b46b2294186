package httptask_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/httptask"
)

func Example() {
	crm := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"customer": %q, "authorized": %t}`, r.URL.Query().Get("name"), r.Header.Get("X-API-Key") == "s3cret")
	}))
	defer crm.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(crm.Certificate())

	machine, err := asl.Parse(`{"StartAt": "Look up", "States": {"Look up": {
		"Type": "Task",
		"Resource": "arn:aws:states:::http:invoke",
		"Parameters": {
			"ApiEndpoint.$": "$.crm",
			"Method": "GET",
			"QueryParameters": {"name.$": "$.name"},
			"Authentication": {"ConnectionArn": "arn:aws:events:eu-west-1:123456789012:connection/crm/0d2c"}
		},
		"OutputPath": "$.ResponseBody",
		"End": true
	}}}`)
	if err != nil {
		log.Fatal(err)
	}
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::http:invoke", &httptask.Handler{
		Connections: httptask.ConnectionMap{
			"arn:aws:events:eu-west-1:123456789012:connection/crm/0d2c": {
				Authorization: httptask.APIKey{Name: "X-API-Key", Value: "s3cret"},
			},
		},
		// The server of this example is on this computer.
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		TLS:   &tls.Config{RootCAs: trusted},
	})
	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ctx := context.Background()
	run, err := eng.StartExecution(ctx, machine, map[string]string{"crm": crm.URL, "name": "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	result, err := run.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(result.Output()))
	// Output: {"customer":"Ada","authorized":true}
}
