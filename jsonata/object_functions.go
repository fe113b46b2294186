package jsonata

import "github.com/gostates/gostates/asl/value"

var objectFunctions = []builtin{
	{"keys", "<x-:a<s>>", 1, keys},
	{"lookup", "<x-s:x>", 2, func(c Call, args []any) (any, error) {
		key, ok := args[1].(string)
		if !ok {
			return Undefined{}, nil
		}
		return lookup(c.ev, args[0], key)
	}},
	{"spread", "<x-:a<o>>", 1, func(c Call, args []any) (any, error) { return c.spread(args[0], 0) }},
	{"merge", "<a<o>:o>", 1, merge},
	{"each", "<o-f:a>", 2, each},
	{"sift", "<o-f?:o>", 2, sift},
	{"clone", "<(oa)-:o>", 1, func(c Call, args []any) (any, error) {
		if !defined(args[0]) {
			return args[0], nil
		}
		return c.ev.cloned(args[0], 0)
	}},
}

func keys(c Call, args []any) (any, error) {
	out := &array{sequence: true}
	seen := map[string]bool{}
	return out, c.keys(&out.items, seen, args[0], 0)
}

// keys adds the keys of an object, or of the objects in a list, each once.
func (c Call) keys(out *[]any, seen map[string]bool, v any, depth int) error {
	if depth > maxDescent {
		return c.ev.exceeded("nesting of values")
	}
	switch v := v.(type) {
	case []any, *array:
		for _, item := range itemsOf(v) {
			if err := c.ev.step(); err != nil {
				return err
			}
			if err := c.keys(out, seen, item, depth+1); err != nil {
				return err
			}
		}
	case *value.Object:
		if err := c.ev.elements(v.Len()); err != nil {
			return err
		}
		for i := range v.Len() {
			key := v.At(i).Key
			if err := c.ev.read(key); err != nil {
				return err
			}
			if depth > 0 {
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			*out = append(*out, key)
		}
	}
	return nil
}

func (c Call) spread(v any, depth int) (any, error) {
	if depth > maxDescent {
		return nil, c.ev.exceeded("nesting of values")
	}
	if err := c.ev.step(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any, *array:
		out := &array{sequence: true}
		for _, item := range itemsOf(v) {
			part, err := c.spread(item, depth+1)
			if err != nil {
				return nil, err
			}
			if defined(part) {
				if err := c.ev.elements(max(1, lengthOf(part))); err != nil {
					return nil, err
				}
				out.sequence = false // joined lists are an ordinary array
				out.items = appendFlat(out.items, part)
			}
		}
		if !out.sequence {
			return out.items, nil
		}
		return out, nil
	case *value.Object:
		if err := c.ev.elements(2 * v.Len()); err != nil {
			return nil, err
		}
		out := &array{sequence: true, items: make([]any, v.Len())}
		for i := range out.items {
			out.items[i] = value.NewObject(v.At(i))
		}
		return out, nil
	}
	return v, nil
}

func merge(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	var b value.Builder
	for _, item := range itemsOf(args[0]) {
		o, _ := item.(*value.Object)
		if err := c.ev.elements(o.Len()); err != nil {
			return nil, err
		}
		for k, v := range o.All() {
			if err := c.ev.read(k); err != nil {
				return nil, err
			}
			b.Set(k, v)
		}
	}
	return b.Object(), nil
}

func each(c Call, args []any) (any, error) {
	o, _ := args[0].(*value.Object)
	out := &array{sequence: true}
	for i := range o.Len() {
		m := o.At(i)
		v, err := c.invoke(args[1].(Function), m.Value, m.Key, o)
		if err != nil {
			return nil, err
		}
		if defined(v) {
			if err := c.ev.elements(1); err != nil {
				return nil, err
			}
			out.items = append(out.items, c.ev.stored(v))
		}
	}
	return out, nil
}

func sift(c Call, args []any) (any, error) {
	o, _ := args[0].(*value.Object)
	f, ok := args[1].(Function)
	if !ok {
		return Undefined{}, nil
	}
	var members []value.Member
	for i := range o.Len() {
		m := o.At(i)
		v, err := c.invoke(f, m.Value, m.Key, o)
		if err != nil {
			return nil, err
		}
		ok, err := c.ev.effective(v)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := c.ev.elements(1); err != nil {
				return nil, err
			}
			members = append(members, m)
		}
	}
	if members == nil {
		return Undefined{}, nil
	}
	return value.NewObject(members...), nil
}
