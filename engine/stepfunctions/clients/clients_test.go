package clients

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/require"
)

// A client is one that people call the API with.
type client struct {
	name string
	// missing says what the machine lacks for it and what would help, or nothing.
	missing func() string
	// usual clients are enough for two calls of each operation.
	usual bool
	// drive has it call the endpoint, and fails the test when an answer is not as AWS's.
	drive func(t *testing.T, e *endpoint)
}

var clients = []client{
	{"aws-sdk-go-v2", func() string { return "" }, true, driveGo},
	{"aws-cli", works("no aws in the PATH: pip install awscli", "aws", "--version"), true, driveCLI("aws")},
	{"aws-cli of Debian", works("no "+debianCLI+": apt-get install awscli", debianCLI, "--version"), false, driveCLI(debianCLI)},
	{"boto3", works("no boto3 for python3: pip install boto3", "python3", "-c", "import boto3"), true, driveBoto3},
	{"client-sfn for JavaScript", missingJS, false, driveJS},
	{"terraform", missingTerraform, false, driveTerraform},
}

// TestClients runs all the clients, each against an endpoint of its own, and then counts:
// every operation has to be called by two of them.
func TestClients(t *testing.T) {
	var mu sync.Mutex
	callers := make(map[string][]string) // of operations
	ran := make(map[string]bool)
	t.Run("clients", func(t *testing.T) {
		for _, c := range clients {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				if missing := c.missing(); missing != "" {
					t.Skipf("NOT TESTED: %s: %s", c.name, missing)
				}
				e := serve(t)
				c.drive(t, e)
				require.Empty(t, e.recorder.faults)
				called := e.recorder.called()
				t.Logf("%d operations: %v", len(called), slices.Sorted(maps.Keys(called)))
				mu.Lock()
				defer mu.Unlock()
				ran[c.name] = true
				for operation := range called {
					callers[operation] = append(callers[operation], c.name)
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	for _, c := range clients {
		if c.usual && !ran[c.name] {
			t.Skipf("NOT TESTED: that two clients call each operation, without %s", c.name)
		}
	}
	for _, operation := range operations() {
		require.GreaterOrEqual(t, len(callers[operation]), 2, "%s: %v", operation, callers[operation])
	}
}

// operations returns the names of all operations: the SDK's client has a method for each.
func operations() []string {
	var names []string
	for method := range reflect.TypeFor[*sfn.Client]().Methods() {
		if method.Name != "Options" {
			names = append(names, method.Name)
		}
	}
	return names
}
