package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type order struct {
	ID                 string `json:"id"`
	Quantity           int    `json:"quantity"`
	InventoryAvailable bool   `json:"inventoryAvailable"`
	Paid               bool   `json:"paid"`
}

// orderTasks are typed handlers of the order workflow; inventory says, per visit,
// whether there is enough.
func orderTasks(inventory ...bool) *engine.Mux {
	mux := engine.NewMux()
	mux.Handle("validate-order", engine.Func(func(_ context.Context, o order) (order, error) {
		if o.Quantity == 0 {
			return o, &engine.TaskError{Name: "ValidationError", Cause: "nothing ordered"}
		}
		return o, nil
	}))
	mux.Handle("check-inventory", engine.Func(func(_ context.Context, o order) (order, error) {
		o.InventoryAvailable = true
		if len(inventory) > 0 {
			o.InventoryAvailable, inventory = inventory[0], inventory[1:]
		}
		return o, nil
	}))
	mux.Handle("process-payment", engine.Func(func(_ context.Context, o order) (order, error) {
		o.Paid = true
		return o, nil
	}))
	for _, name := range []string{"update-db", "send-notification", "initiate-shipping"} {
		mux.Handle(name, engine.Func(func(_ context.Context, o order) (map[string]string, error) {
			return map[string]string{"order": o.ID, "did": name}, nil
		}))
	}
	return mux
}

const orderDone = `[{"did":"update-db","order":"o-1"},{"did":"send-notification","order":"o-1"},{"did":"initiate-shipping","order":"o-1"}]`

func TestOrderRuns(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: orderTasks()})
	x := run(t, e, orders(t), order{ID: "o-1", Quantity: 2}, engine.Named("o-1"), engine.Machine("orders"))
	assert.JSONEq(t, orderDone, output(t, x))
	assert.Equal(t, "arn:aws:states:us-east-1:123456789012:execution:orders:o-1", x.ARN())

	result, err := e.StartSyncExecution(t.Context(), orders(t), order{ID: "o-1", Quantity: 2})
	require.NoError(t, err)
	var did []struct{ Did string }
	require.NoError(t, result.Decode(&did))
	assert.Len(t, did, 3)
}

func TestOrderFailsWithItsError(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: orderTasks()})
	x := run(t, e, orders(t), order{ID: "o-1"})
	failed := failure(t, x)
	endedBy(states.StatusFailed, "OrderProcessingFailed", "Order validation or processing failed")(t, failed)
	assert.Equal(t, "OrderFailed", failed.State)
}

func TestOrderWaitsForInventoryInNoTime(t *testing.T) {
	t.Parallel()
	e, clock := startVirtual(t, engine.Config{Resolver: orderTasks(false, false, true)})
	begin := clock.Now()
	x := run(t, e, orders(t), order{ID: "o-1", Quantity: 2})
	assert.JSONEq(t, orderDone, output(t, x))
	assert.Equal(t, 10*time.Minute, clock.Now().Sub(begin))
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, 10*time.Minute, d.StopDate.Sub(d.StartDate))
	assert.Equal(t, []string{
		"1<-0 ExecutionStarted",
		"2<-0 TaskStateEntered",
		"3<-2 LambdaFunctionScheduled",
		"4<-3 LambdaFunctionStarted",
		"5<-4 LambdaFunctionSucceeded",
		"6<-5 TaskStateExited",
	}, history(t, e, x)[:6])
}

// TestOrderHistoryIsTheSameEveryTime: with the virtual clock, branches with several
// open tasks give one and the same history.
func TestOrderHistoryIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var first []string
	for range 20 {
		e, _ := startVirtual(t, engine.Config{Resolver: orderTasks(false)})
		x := run(t, e, orders(t), order{ID: "o-1", Quantity: 2})
		output(t, x)
		got := history(t, e, x)
		if first == nil {
			first = got
		}
		require.Equal(t, first, got)
	}
}
