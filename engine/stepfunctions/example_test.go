package stepfunctions_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
)

// An endpoint without a network: an SDK's client gets the HTTP client of this example.
func Example() {
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	if err != nil {
		panic(err)
	}
	defer eng.Close()
	handler, err := stepfunctions.New(stepfunctions.Config{Engine: eng})
	if err != nil {
		panic(err)
	}
	client := http.Client{Transport: stepfunctions.Transport{Handler: handler}}
	r, err := http.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(`{"name": "no spaces, please"}`))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Amz-Target", "AWSStepFunctions.CreateActivity")
	answer, err := client.Do(r)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.StatusCode, string(body))
	// Output: 400 {"__type":"InvalidName","message":"Invalid Name: 'no spaces, please'"}
}
