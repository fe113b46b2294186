package clients

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"
)

// provider is the path of Terraform's provider for AWS in a filesystem mirror.
const provider = "registry.terraform.io/hashicorp/aws/5.100.0"

// mirror returns the folder of a filesystem mirror with the provider, or nothing.
func mirror() string {
	home, _ := os.UserHomeDir()
	for _, dir := range []string{os.Getenv("GOSTATES_TF_PLUGINS"), "/opt/tf-plugins", filepath.Join(home, ".terraform.d", "plugins"), "/usr/local/share/terraform/plugins"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(provider))); dir != "" && err == nil {
			return dir
		}
	}
	return ""
}

// missingTerraform says what is missing for Terraform.
func missingTerraform() string {
	if missing := works("no terraform in the PATH", "terraform", "version")(); missing != "" {
		return missing
	}
	if mirror() == "" {
		return "no filesystem mirror with " + provider + ": GOSTATES_TF_PLUGINS names one"
	}
	return ""
}

// A terraform runs Terraform in a folder.
type terraform struct {
	*testing.T
	dir string
	env []string
}

// run runs Terraform with a value of the machine's result, and returns what it exits with, 0
// or one of those that are allowed.
func (tf *terraform) run(result string, allowed int, args ...string) int {
	tf.Helper()
	ctx, cancel := context.WithTimeout(tf.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, "terraform", args...)
	command.Dir, command.Env, command.WaitDelay = tf.dir, append(tf.env, "TF_VAR_result="+result), time.Second
	written, err := command.CombinedOutput()
	if status := command.ProcessState.ExitCode(); status == 0 || status == allowed {
		return status
	}
	require.NoError(tf, err, "terraform %v:\n%s", args, written)
	return 0
}

// driveTerraform makes a machine with a version, an alias and an activity, changes and
// destroys them.
func driveTerraform(t *testing.T, e *endpoint) {
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", "main.tf"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o600))
	config := filepath.Join(dir, "terraformrc")
	require.NoError(t, os.WriteFile(config, []byte("provider_installation {\n  filesystem_mirror {\n    path = \""+mirror()+"\"\n  }\n}\n"), 0o600))
	tf := &terraform{t, dir, e.environment(map[string]string{
		"TF_CLI_CONFIG_FILE": config, "TF_VAR_endpoint": e.url, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", "AWS_MAX_ATTEMPTS": "2",
	})}
	c := newClient(t, e)
	machine := func() (*sfn.DescribeStateMachineOutput, error) {
		return c.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String("arn:aws:states:us-east-1:123456789012:stateMachine:orders")})
	}
	const differs = 2 // what plan exits with when it would change something

	tf.run("one", 0, "init", "-no-color")
	tf.run("one", 0, "apply", "-auto-approve", "-no-color")
	created := must[sfn.DescribeStateMachineOutput](t)(machine())
	require.Contains(t, *created.Definition, "one")
	require.Zero(t, tf.run("one", differs, "plan", "-detailed-exitcode", "-no-color"), "a plan after apply changes something")

	tf.run("two", 0, "apply", "-auto-approve", "-no-color")
	updated := must[sfn.DescribeStateMachineOutput](t)(machine())
	require.Contains(t, *updated.Definition, "two")
	alias := must[sfn.DescribeStateMachineAliasOutput](t)(c.DescribeStateMachineAlias(t.Context(), &sfn.DescribeStateMachineAliasInput{
		StateMachineAliasArn: aws.String(*updated.StateMachineArn + ":live"),
	}))
	require.Equal(t, *updated.StateMachineArn+":2", *alias.RoutingConfiguration[0].StateMachineVersionArn)

	tf.run("two", 0, "destroy", "-auto-approve", "-no-color")
	_, err = machine()
	isError[*types.StateMachineDoesNotExist](t, err)
	_, err = c.DescribeActivity(t.Context(), &sfn.DescribeActivityInput{ActivityArn: aws.String("arn:aws:states:us-east-1:123456789012:activity:work")})
	isError[*types.ActivityDoesNotExist](t, err)
}
