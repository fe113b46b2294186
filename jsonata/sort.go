package jsonata

// A sortNode is the step ^(key, >key): it orders the items that a path has
// reached, keeping those with equal keys in their order.
type sortNode struct {
	terms []term
	pos   int
}

type term struct {
	key        node
	descending bool
	weight     int
}

// eval completes node; a path never evaluates an order-by item by item.
func (n *sortNode) eval(*evaluation, any, *frame) (any, error) { return Undefined{}, nil }

// A sortItem is an item or a tuple with those of its keys that were needed.
type sortItem struct {
	item any
	env  *frame
	keys []any // nil: not evaluated yet
}

func (k *sortItem) key(ev *evaluation, n *sortNode, i int) (any, error) {
	if k.keys == nil {
		k.keys = make([]any, 0, len(n.terms))
	}
	for len(k.keys) <= i {
		if err := ev.steps(n.terms[len(k.keys)].weight); err != nil {
			return nil, err
		}
		v, err := n.terms[len(k.keys)].key.eval(ev, k.item, k.env)
		if err != nil {
			return nil, err
		}
		k.keys = append(k.keys, v)
	}
	return k.keys[i], nil
}

func (n *sortNode) sort(ev *evaluation, items []any, env *frame) ([]any, error) {
	if len(items) < 2 {
		return items, nil
	}
	if err := ev.elements(len(items)); err != nil {
		return nil, err
	}
	list := make([]sortItem, len(items))
	for i, item := range items {
		list[i] = sortItem{item: item, env: env}
	}
	if err := n.order(ev, list); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i := range list {
		out[i] = list[i].item
	}
	return out, nil
}

func (n *sortNode) sortTuples(ev *evaluation, tuples []*frame) ([]*frame, error) {
	if err := ev.elements(len(tuples)); err != nil {
		return nil, err
	}
	list := make([]sortItem, len(tuples))
	for i, t := range tuples {
		list[i] = sortItem{item: t.item(), env: t}
	}
	if err := n.order(ev, list); err != nil {
		return nil, err
	}
	out := make([]*frame, len(tuples))
	for i := range list {
		out[i] = list[i].env
	}
	return out, nil
}

func (n *sortNode) order(ev *evaluation, list []sortItem) error {
	return mergeSort(list, func(a, b *sortItem) (bool, error) {
		if err := ev.step(); err != nil {
			return false, err
		}
		for i := range n.terms {
			x, err := a.key(ev, n, i)
			if err != nil {
				return false, err
			}
			y, err := b.key(ev, n, i)
			if err != nil {
				return false, err
			}
			c, err := n.compare(ev, x, y)
			if c == 0 && err == nil {
				continue
			}
			if n.terms[i].descending && defined(x) && defined(y) {
				c = -c
			}
			return c > 0, err
		}
		return false, nil
	})
}

// compare orders two keys; one that yields nothing comes last either way.
func (n *sortNode) compare(ev *evaluation, x, y any) (int, error) {
	switch {
	case !defined(x) && !defined(y):
		return 0, nil
	case !defined(x):
		return 1, nil
	case !defined(y):
		return -1, nil
	}
	xn, xnum := number(x)
	yn, ynum := number(y)
	xs, xstr := x.(string)
	ys, ystr := y.(string)
	switch {
	case !xnum && !xstr:
		return 0, at(fault("T2008", x), n.pos, "^")
	case !ynum && !ystr:
		return 0, at(fault("T2008", y), n.pos, "^")
	case xnum != ynum:
		return 0, at(&Error{Code: "T2007", Value: x, value2: y}, n.pos, "^")
	case xstr:
		return ev.compareText(xs, ys)
	case xn < yn:
		return -1, nil
	case xn == yn:
		return 0, nil
	}
	return 1, nil
}

// mergeSort sorts stably; after tells whether a belongs after b. It halves the
// list as the reference does, so that a comparison that contradicts itself
// gives the same order there and here.
func mergeSort[T any](list []T, after func(a, b *T) (bool, error)) error {
	if len(list) < 2 {
		return nil
	}
	return sortHalves(list, make([]T, len(list)), after)
}

func sortHalves[T any](list, room []T, after func(a, b *T) (bool, error)) error {
	if len(list) < 2 {
		return nil
	}
	middle := len(list) / 2
	if err := sortHalves(list[:middle], room[:middle], after); err != nil {
		return err
	}
	if err := sortHalves(list[middle:], room[middle:], after); err != nil {
		return err
	}
	copy(room, list)
	left, right := room[:middle], room[middle:]
	for i := range list {
		take := len(left) == 0
		if !take && len(right) > 0 {
			var err error
			if take, err = after(&left[0], &right[0]); err != nil {
				return err
			}
		}
		if take {
			list[i], right = right[0], right[1:]
		} else {
			list[i], left = left[0], left[1:]
		}
	}
	return nil
}
