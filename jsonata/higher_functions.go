package jsonata

var higherFunctions = []builtin{
	{"map", "<af>", 2, mapFunction},
	{"filter", "<af>", 2, filterFunction},
	{"single", "<af?>", 2, single},
	{"reduce", "<afj?:j>", 3, reduce},
}

func mapFunction(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	f := args[1].(Function)
	items := itemsOf(args[0])
	out := &array{sequence: true}
	for i, item := range items {
		v, err := c.invoke(f, item, int64(i), args[0])
		if err != nil {
			return nil, err
		}
		if defined(v) {
			if out.items == nil {
				out.items = make([]any, 0, min(len(items)-i, c.ev.left.Elements))
			}
			if err := c.ev.elements(1); err != nil {
				return nil, err
			}
			out.items = append(out.items, c.ev.stored(v))
		}
	}
	return out, nil
}

func filterFunction(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	out := &array{sequence: true}
	for i, item := range itemsOf(args[0]) {
		ok, err := c.holds(args[1], item, i, args[0])
		if err != nil {
			return nil, err
		}
		if ok {
			if err := c.ev.elements(1); err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
	}
	return out, nil
}

// holds tells whether a predicate function accepts an item.
func (c Call) holds(f any, item any, i int, list any) (bool, error) {
	v, err := c.invoke(f.(Function), item, int64(i), list)
	if err != nil {
		return false, err
	}
	return c.ev.effective(v)
}

func single(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	found := false
	var result any
	for i, item := range itemsOf(args[0]) {
		ok := true
		if defined(args[1]) {
			var err error
			if ok, err = c.holds(args[1], item, i, args[0]); err != nil {
				return nil, err
			}
		}
		if !ok {
			continue
		}
		if found {
			return nil, &Error{Code: "D3138", Index: i}
		}
		found, result = true, item
	}
	if !found {
		return nil, &Error{Code: "D3139"}
	}
	return result, nil
}

func reduce(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	f := args[1].(Function)
	if f.Arity() < 2 {
		return nil, &Error{Code: "D3050", Index: 1}
	}
	if f.Arity() > 3 {
		return c.reduceWithList(f, args)
	}
	items := itemsOf(args[0])
	result, from := args[2], 0
	if !defined(result) && len(items) > 0 {
		result, from = items[0], 1
	}
	for i := from; i < len(items); i++ {
		var err error
		if result, err = c.invoke(f, result, items[i], int64(i)); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// reduceWithList is reduce for a function that also takes the list.
func (c Call) reduceWithList(f Function, args []any) (any, error) {
	items := itemsOf(args[0])
	result, from := args[2], 0
	if !defined(result) && len(items) > 0 {
		result, from = items[0], 1
	}
	for i := from; i < len(items); i++ {
		var err error
		if result, err = c.apply(f, []any{result, items[i], int64(i), args[0]}); err != nil {
			return nil, err
		}
	}
	return result, nil
}
