package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/states"
)

// mapped is what a tested Map state makes of its items.
type mapped struct {
	read      []any // from the reader
	pointed   bool  // by its ItemsPointer
	selected  []any // by the ItemSelector
	batches   []any
	selects   bool
	isBatched bool
}

// tell puts it into the inspection. That items which are read show as those of the
// ItemsPath, or of the ItemsPointer when there is one, is guessed; a reader without either is
// measured to show none in JSONata.
func (m *mapped) tell(d *InspectionData, inJSONata bool) {
	if m.read != nil && m.pointed {
		d.AfterItemsPointer = jsonOf(m.read)
	} else if m.read != nil && !inJSONata {
		d.AfterItemsPath = jsonOf(m.read)
	}
	if m.selects {
		d.AfterItemSelector = jsonOf(m.selected)
	}
	if m.isBatched {
		d.AfterItemBatcher = jsonOf(m.batches)
	}
}

// mapRun makes what the iterations would be given, and ends them as the mock says. Measured:
// a mocked error goes before a tolerance that is exceeded, and a state that declares no
// tolerance tolerates all failures.
func (t *stateTest) mapRun(ctx context.Context, run *states.StartMapRun) error {
	n, known, failure, err := t.makeItems(ctx, run)
	if err != nil {
		return err
	}
	if failure != nil {
		t.trial.Fail(t.now(), *failure)
		return nil
	}
	count := t.in.StateConfiguration.MapIterationFailureCount
	if known && count != nil && *count > n {
		return tooManyFailures()
	}
	declared := run.State.ToleratedFailureCount.IsSet() || run.State.ToleratedFailurePercentage.IsSet()
	if t.in.Mock.ErrorOutput == nil && declared && count != nil && run.Tolerance.Exceeded(int64(*count), int64(n)) {
		t.trial.Fail(t.now(), run.Tolerance.Failure())
		return nil
	}
	t.mocked()
	return nil
}

// makeItems makes what the iterations are given, and counts them, unless it is not known what
// there is.
func (t *stateTest) makeItems(ctx context.Context, run *states.StartMapRun) (n int, known bool, _ *states.Failure, _ error) {
	source, err := t.itemSource(run)
	if source == nil && err == nil {
		return 0, false, nil, nil
	}
	var selected []any
	if err == nil {
		for item, failed := range source.Items(ctx, items.Place{}) {
			if err = failed; err != nil {
				break
			}
			if run.Reader != nil {
				t.mapped.read = append(t.mapped.read, item.Value)
			}
			from := item.Source
			if run.State.Distributed == nil {
				from = "" // measured: an inline Map state's item has no Source
			}
			v, failure := run.Item(int64(len(selected)), item.Key, item.Value, from)
			if failure != nil {
				return 0, false, failure, nil
			}
			selected = append(selected, v)
		}
	}
	if err != nil {
		failed, ok := errors.AsType[*items.Error](err)
		if !ok {
			return 0, false, nil, err
		}
		f := states.Fail("States.ItemReaderFailed", failed.Cause)
		return 0, false, &f, nil
	}
	if selected == nil {
		selected = []any{}
	}
	m := &t.mapped
	m.selected, m.selects = selected, run.State.ItemSelector != nil
	if run.Batch != nil {
		m.batches, m.isBatched = batches(run.Batch, selected), true
	}
	return len(selected), true, nil, nil
}

// itemSource is what the items come from; nil when nobody says.
func (t *stateTest) itemSource(run *states.StartMapRun) (items.Source, error) {
	data := t.in.StateConfiguration.MapItemReaderData
	switch {
	case run.Reader == nil || data == nil && run.Items != nil:
		return items.Values(run.Items), nil
	case data == nil:
		return nil, nil
	case run.Reader.List || run.Reader.Config.InputType == "MANIFEST":
		v, err := value.Parse(*data)
		if err != nil {
			return nil, refused("mapItemReaderData must be a JSON array of what the ItemReader lists")
		}
		return items.Values(v), nil
	}
	t.mapped.pointed = run.Reader.Config.ItemsPointer != ""
	object, err := items.ObjectOf(run.Reader.Arguments, false)
	if err != nil {
		return nil, err
	}
	var store objects.Memory
	store.Put(object.Bucket, object.Key, *data)
	return &items.Reader{Objects: &store, Object: object, Config: items.Config(run.Reader.Config)}, nil
}

// batches gives items out in batches, each the input of a child.
func batches(b *states.MapBatch, all []any) (batches []any) {
	const most = 256 << 10 // bytes of a batch (documented)
	limit := int(cmp.Or(b.MaxBytes, most))
	input := func(items []any) any {
		var o value.Builder
		if b.HasInput {
			o.Set("BatchInput", b.Input)
		}
		o.Set("Items", items)
		return o.Object()
	}
	for len(all) > 0 {
		n, size := 1, value.Size(input(all[:1]))
		for n < len(all) && (b.MaxItems == 0 || int64(n) < b.MaxItems) {
			if size += len(",") + value.Size(all[n]); size > limit {
				break
			}
			n++
		}
		batches = append(batches, input(slices.Clone(all[:n])))
		all = all[n:]
	}
	return batches
}
