package jsonata

var listFunctions = []builtin{
	{"count", "<a:n>", 1, func(_ Call, args []any) (any, error) { return int64(lengthOf(args[0])), nil }},
	{"append", "<xx:a>", 2, func(c Call, args []any) (any, error) { return c.ev.joined(args[0], args[1]) }},
	{"reverse", "<a:a>", 1, reverse},
	{"shuffle", "<a:a>", 1, shuffle},
	{"distinct", "<x:x>", 1, distinct},
	{"zip", "<a+>", 0, zip},
	{"sort", "<af?:a>", 2, sortFunction},
}

func reverse(c Call, args []any) (any, error) {
	items := itemsOf(args[0])
	if len(items) < 2 {
		return args[0], nil
	}
	if err := c.ev.elements(len(items)); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[len(out)-1-i] = item
	}
	return out, nil
}

// shuffle builds the result from the inside out: each item takes a random place
// among those before it, and what was there moves to the end.
func shuffle(c Call, args []any) (any, error) {
	items := itemsOf(args[0])
	if len(items) < 2 {
		return args[0], nil
	}
	if err := c.ev.elements(len(items)); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		j := int(c.ev.fraction() * float64(i+1))
		out[i] = out[j]
		out[j] = item
	}
	return out, nil
}

func distinct(c Call, args []any) (any, error) {
	items := itemsOf(args[0])
	if len(items) < 2 {
		return args[0], nil
	}
	if err := c.ev.elements(len(items)); err != nil {
		return nil, err
	}
	seen := make(map[any]struct{}, len(items))
	var others []any
	out := make([]any, 0, len(items))
next:
	for _, item := range items {
		if err := c.ev.step(); err != nil {
			return nil, err
		}
		key := item
		if f, ok := number(item); ok {
			key = f
		} else if s, ok := item.(string); ok && len(s) > 1<<6 {
			if err := c.ev.read(s); err != nil {
				return nil, err
			}
		}
		switch key.(type) {
		case string, float64, bool, nil:
			if _, known := seen[key]; known {
				continue
			}
			seen[key] = struct{}{}
		default:
			if err := c.ev.steps(len(others)); err != nil {
				return nil, err
			}
			for _, other := range others {
				same, err := c.ev.equal(item, other, 0)
				if err != nil {
					return nil, err
				}
				if same {
					continue next
				}
			}
			others = append(others, item)
		}
		out = append(out, item)
	}
	if a, ok := args[0].(*array); ok && a.sequence {
		return sequenceOf(out...), nil
	}
	return out, nil
}

func zip(c Call, args []any) (any, error) {
	n := -1
	for _, arg := range args {
		if size := lengthOf(arg); n < 0 || size < n {
			n = size
		}
	}
	n = max(n, 0)
	if err := c.ev.elements(n * (len(args) + 1)); err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		row := make([]any, len(args))
		for j, arg := range args {
			row[j] = itemsOf(arg)[i]
		}
		out[i] = row
	}
	return out, nil
}

func sortFunction(c Call, args []any) (any, error) {
	items := itemsOf(args[0])
	if len(items) < 2 {
		return args[0], nil
	}
	if err := c.ev.elements(len(items)); err != nil {
		return nil, err
	}
	out := append(make([]any, 0, len(items)), items...)
	after := func(a, b *any) (bool, error) {
		v, err := c.invoke(args[1].(Function), *a, *b, Undefined{})
		return truthy(v), err
	}
	if !defined(args[1]) {
		var err error
		if after, err = natural(c, items); err != nil {
			return nil, err
		}
	}
	return out, mergeSort(out, after)
}

// natural is the order of numbers or of strings.
func natural(c Call, items []any) (func(a, b *any) (bool, error), error) {
	numbers, strings := true, true
	for _, item := range items {
		_, isNumber, err := numeric(item)
		if err != nil && numbers {
			return nil, err
		}
		_, isString := item.(string)
		numbers, strings = numbers && isNumber, strings && isString
	}
	switch {
	case numbers:
		return func(a, b *any) (bool, error) {
			x, _ := number(*a)
			y, _ := number(*b)
			return x > y, c.ev.step()
		}, nil
	case strings:
		return func(a, b *any) (bool, error) {
			if err := c.ev.step(); err != nil {
				return false, err
			}
			n, err := c.ev.compareText((*a).(string), (*b).(string))
			return n > 0, err
		}, nil
	}
	return nil, &Error{Code: "D3070", Index: 1}
}

// truthy is what counts as true in JavaScript, which decides for a comparator.
func truthy(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v != ""
	case nil, Undefined:
		return false
	}
	f, ok := number(v)
	return !ok || f != 0 && f == f
}
