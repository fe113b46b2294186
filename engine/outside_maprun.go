package engine

import (
	"cmp"
	"time"

	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/states"
)

// This file is what drivers that are no Engine need of Map Runs.

// Items returns what the items of a Map Run are read from, by the Config's MapRuns.
func (d *Driver) Items(run *states.StartMapRun) items.Source {
	return sourceOf(run, &d.config.MapRuns)
}

// ResultWriter returns what writes the result files of a Map Run whose ResultWriter has a
// Resource, or the failure of the run.
func (d *Driver) ResultWriter(run *states.StartMapRun) (*results.Writer, *states.Failure) {
	return writerOf(run, run.ARN, &d.config.MapRuns)
}

// Concurrency returns how many children of a Map Run may be at work at a time.
func (d *Driver) Concurrency(run *states.StartMapRun) int64 {
	if n := cmp.Or(run.MaxConcurrency, int64(d.config.MapRuns.Concurrency)); n > 0 {
		return n
	}
	return defaultMapRunConcurrency
}

// ExpressDuration returns how long an Express execution may take: [Limits.Express].
func (d *Driver) ExpressDuration() time.Duration { return d.config.Limits.Express }

// ChildName returns the name of the child of a Map Run that has an index. It is the same each time,
// but that of an Express child is another one after each redrive of the run.
func ChildName(run *states.StartMapRun, index int64) string {
	redrives := run.Redrives
	if !run.State.Distributed.Express {
		redrives = 0
	}
	return childUUID(run.ARN, index, redrives)
}

// KnownItems returns how many items a Map Run has, -1 when that is only known when they are read.
func KnownItems(run *states.StartMapRun) int64 { return knownItems(run) }

// ChildResult returns a child of a Map Run, which has ended, as its ResultWriter describes it.
// input and output are of the types that Task.Input has.
func ChildResult(d *Description, input, output any) *results.Child {
	c := &results.Child{
		ARN: d.ARN, Name: d.Name, StateMachineARN: d.MachineARN, Input: input, Status: string(d.Status), Output: output,
		RedriveCount: d.RedriveCount, RedriveStatus: string(Redrivable), Start: d.StartDate, Stop: d.StopDate,
	}
	if d.Status == states.StatusSucceeded {
		c.RedriveStatus, c.RedriveStatusReason = string(NotRedrivable), reasonSucceeded
	}
	if d.Failure.HasError {
		c.Error = &d.Failure.Error
	}
	if d.Failure.HasCause {
		c.Cause = &d.Failure.Cause
	}
	return c
}
