package temporal

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/gostates/gostates/engine"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
)

// A Task Token ends in the ARN of its execution, which is the id of the workflow.

// secretLength is that of the first part of a Task Token, in base64.
const secretLength = 43

// tokenSuffix returns the end of the Task Tokens of an execution.
func tokenSuffix(arn string) string { return base64.RawURLEncoding.EncodeToString([]byte(arn)) }

// arnIn returns the ARN of the execution whose Task Token a text may be.
func arnIn(token string) (string, bool) {
	if len(token) <= secretLength {
		return "", false
	}
	arn, err := base64.RawURLEncoding.DecodeString(token[secretLength:])
	return string(arn), err == nil && engine.CheckARN(string(arn)) == nil
}

// SendTaskSuccess ends the task that waits for a Task Token with an output: see
// [engine.Engine.SendTaskSuccess], whose errors it has. It returns when a worker has taken it,
// and waits for one as long as ctx lets it.
func (c *Client) SendTaskSuccess(ctx context.Context, token string, output any) error {
	v, err := c.Output(output)
	if err != nil {
		if refused := c.checkToken(ctx, token); refused != nil {
			return refused
		}
		return err
	}
	return c.sendTask(ctx, &tokenCall{Token: token, Output: encode(v)})
}

// SendTaskFailure ends the task that waits for a Task Token with an error: see
// [engine.Engine.SendTaskFailure].
func (c *Client) SendTaskFailure(ctx context.Context, token, name, cause string) error {
	failure, err := engine.NewFailure(name, cause)
	if err != nil {
		return err
	}
	return c.sendTask(ctx, &tokenCall{Token: token, Failure: &failure})
}

// SendTaskHeartbeat starts the HeartbeatSeconds of the task that waits for a Task Token anew: see
// [engine.Engine.SendTaskHeartbeat]. Each heartbeat takes some events of the workflow's history.
func (c *Client) SendTaskHeartbeat(ctx context.Context, token string) error {
	return c.sendTask(ctx, &tokenCall{Token: token, Heartbeat: true})
}

// sendTask has the workflow of a Task Token take it.
func (c *Client) sendTask(ctx context.Context, call *tokenCall) error {
	arn, ok := arnIn(call.Token)
	if !ok {
		return engine.ErrInvalidToken
	}
	update, err := c.config.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: arn, UpdateName: tokenUpdate, Args: []any{call}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = update.Get(ctx, nil)
	}
	if failed, ok := errors.AsType[*sdk.ApplicationError](err); ok && tokenErrors[failed.Type()] != nil {
		err = tokenErrors[failed.Type()]
	}
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok || isOver(err) || err == errElsewhere {
		return c.tokenEnded(ctx, arn, call.Token) // the workflow has ended, or never was
	}
	return err
}

// isOver reports whether an update failed because its workflow ended, of which Temporal tells by
// the type of an error.
func isOver(err error) bool {
	failed, ok := errors.AsType[*sdk.ApplicationError](err)
	return ok && failed.Type() == "AcceptedUpdateCompletedWorkflow"
}

// checkToken returns the error of a Task Token that no task waits for.
func (c *Client) checkToken(ctx context.Context, token string) error {
	arn, ok := arnIn(token)
	if !ok {
		return engine.ErrInvalidToken
	}
	if err := c.tokenEnded(ctx, arn, token); !errors.Is(err, engine.ErrTaskTimedOut) {
		return err // a task that still waits looks as if it did so in vain
	}
	return nil
}

// tokenEnded says by the history of an execution what became of a Task Token.
func (c *Client) tokenEnded(ctx context.Context, arn, token string) error {
	history, err := c.history(ctx, arn)
	if errors.Is(err, engine.ErrExecutionDoesNotExist) {
		return engine.ErrInvalidToken
	}
	if err != nil {
		return fmt.Errorf("temporal: what became of the Task Token can't be told: %w", err)
	}
	return engine.TokenEnded(token, history)
}
