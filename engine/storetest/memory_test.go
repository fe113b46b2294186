package storetest_test

import (
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) engine.Store { return new(storetest.Memory) })
}
