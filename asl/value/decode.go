package value

import (
	"encoding/json"
	"fmt"
)

// Decode stores v in the Go variable that into points to, as json.Unmarshal
// would store v's text: an interface gets ordinary Go values (map[string]any,
// float64), fields follow their json tags. The errors are json.Unmarshal's.
func Decode(v any, into any) error {
	switch into := into.(type) {
	case *any:
		if into != nil {
			if *into != nil {
				break // json.Unmarshal decodes into a pointer that it finds there
			}
			plain, err := goValue(v)
			if err == nil {
				*into = plain
			}
			return err
		}
	case *map[string]any:
		if o, ok := v.(*Object); ok && into != nil && *into == nil {
			m, err := goMap(o)
			if err == nil {
				*into = m
			}
			return err
		}
	case *string:
		if s, ok := v.(string); ok && into != nil {
			*into = s
			return nil
		}
	case *bool:
		if b, ok := v.(bool); ok && into != nil {
			*into = b
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok && into != nil && int64(int(n)) == n {
			*into = int(n)
			return nil
		}
	case *int64:
		if n, ok := v.(int64); ok && into != nil {
			*into = n
			return nil
		}
	case *float64:
		if into != nil {
			switch n := v.(type) {
			case float64:
				*into = n
				return nil
			case int64:
				*into = float64(n)
				return nil
			}
		}
	case *json.RawMessage:
		if into != nil {
			*into = Append(nil, v)
			return nil
		}
	case **Object:
		if o, ok := v.(*Object); ok && into != nil {
			*into = o
			return nil
		}
	}
	return json.Unmarshal(Append(nil, v), into)
}

// goValue gives v as json.Unmarshal gives it to an empty interface.
func goValue(v any) (any, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("value: the number %s does not fit a float64", v)
		}
		return f, nil
	case []any:
		elements := make([]any, len(v))
		for i, e := range v {
			var err error
			if elements[i], err = goValue(e); err != nil {
				return nil, err
			}
		}
		return elements, nil
	case *Object:
		return goMap(v)
	}
	return v, nil
}

func goMap(o *Object) (map[string]any, error) {
	m := make(map[string]any, o.Len())
	for key, e := range o.All() {
		v, err := goValue(e)
		if err != nil {
			return nil, err
		}
		m[key] = v
	}
	return m, nil
}
