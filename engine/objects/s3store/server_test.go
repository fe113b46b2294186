package s3store_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/objects/s3store"
)

// gatewayModule is the S3 server that the tests run against besides the one within them.
const gatewayModule = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

// gatewayVariable says where versitygw is: the path of the program, or "install" to have it
// installed for the tests, which takes minutes. Without it, one in PATH is taken.
const gatewayVariable = "GOSTATES_VERSITYGW"

// A server speaks S3.
type server struct {
	name string
	// start starts it for a test and returns its address.
	start func(t *testing.T) string
}

// servers are those that each test runs against.
var servers = []server{
	{"gofakes3", func(t *testing.T) string {
		s := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
		t.Cleanup(s.Close)
		return s.URL
	}},
	{"versitygw", func(t *testing.T) string {
		address, _ := startGateway(t)
		return address
	}},
}

// eachServer runs a test against each server, with a store whose client reaches a bucket "bkt".
func eachServer(t *testing.T, test func(t *testing.T, store *s3store.Store)) {
	t.Helper()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			c := client(s.start(t), "us-east-1", "root", "secret-of-root")
			_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bkt")})
			require.NoError(t, err)
			test(t, &s3store.Store{Client: c})
		})
	}
}

// client returns a client of a server.
func client(address, region, key, secret string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &address, Region: region, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
		}),
	})
}

// gatewayProgram finds versitygw once for all tests, or installs it.
var gatewayProgram = sync.OnceValues(func() (path string, err error) {
	switch where := os.Getenv(gatewayVariable); where {
	case "":
		if path, err = exec.LookPath("versitygw"); err != nil {
			return "", nil
		}
		return path, nil
	case "install":
		folder, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(folder, "gostates-versitygw-v1.8.0")
		path = filepath.Join(folder, "versitygw")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		install := exec.Command("go", "install", gatewayModule)
		install.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
		if output, err := install.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go install %s: %w\n%s", gatewayModule, err, output)
		}
		return path, nil
	default:
		return where, nil
	}
})

// TestMain says what is not tested.
func TestMain(m *testing.M) {
	if path, err := gatewayProgram(); path == "" && err == nil {
		fmt.Fprintf(os.Stderr, "\n*** NOT TESTED: S3 as versitygw speaks it. Set %s=install (go install %s, minutes) or to its path.\n\n", gatewayVariable, gatewayModule)
	}
	os.Exit(m.Run())
}

// startGateway starts versitygw over a folder, with a second account "other" that owns
// nothing. It returns the server's address and the program.
func startGateway(t *testing.T) (address, program string) {
	t.Helper()
	program, err := gatewayProgram()
	require.NoError(t, err)
	if program == "" {
		t.Skipf("NOT TESTED: there is no versitygw, and %s is not set", gatewayVariable)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	host := free.Addr().String()
	require.NoError(t, free.Close())
	var log bytes.Buffer
	gateway := exec.Command(program, "--access", "root", "--secret", "secret-of-root", "--port", host, "--iam-dir", t.TempDir(), "posix", "--sidecar", t.TempDir(), t.TempDir())
	gateway.Stdout, gateway.Stderr = &log, &log
	require.NoError(t, gateway.Start())
	ended := make(chan error, 1)
	go func() { ended <- gateway.Wait() }()
	t.Cleanup(func() {
		_ = gateway.Process.Kill() // it may have ended
		<-ended
	})
	address = "http://" + host
	for deadline, wait := time.Now().Add(time.Minute), time.NewTicker(10*time.Millisecond); ; <-wait.C {
		answer, err := http.Get(address)
		if err == nil {
			require.NoError(t, answer.Body.Close())
			return address, program
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("versitygw: %v\n%s", err, log.String())
		default:
			require.False(t, time.Now().After(deadline), "versitygw doesn't listen: %v", err)
		}
	}
}
