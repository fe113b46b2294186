package httptask

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

const formType = "application/x-www-form-urlencoded"

// An arrayFormat says how an array is written in a form.
type arrayFormat string

const (
	indices  arrayFormat = "INDICES"  // a[0]=x&a[1]=y
	repeat   arrayFormat = "REPEAT"   // a=x&a=y
	commas   arrayFormat = "COMMAS"   // a=x,y
	brackets arrayFormat = "BRACKETS" // a[]=x&a[]=y
)

// transform reads the field Transform: whether the body is sent as a form, and how arrays are
// written in it.
func transform(parameters *value.Object) (form bool, arrays arrayFormat, err error) {
	v, ok := parameters.Get("Transform")
	if !ok {
		return false, "", nil
	}
	o, ok := v.(*value.Object)
	if !ok {
		return false, "", unusable("The field Transform must be an object.")
	}
	switch encoding, given := o.Get("RequestBodyEncoding"); {
	case encoding == "URL_ENCODED":
		form = true
	case given && encoding != "NONE":
		return false, "", unusable("The field Transform.RequestBodyEncoding must be NONE or URL_ENCODED.")
	}
	arrays = indices
	if v, ok := o.Get("RequestEncodingOptions"); ok {
		options, ok := v.(*value.Object)
		if !ok {
			return false, "", unusable("The field Transform.RequestEncodingOptions must be an object.")
		}
		if v, ok := options.Get("ArrayFormat"); ok {
			text, _ := v.(string)
			arrays = arrayFormat(text)
		}
	}
	switch arrays {
	case indices, repeat, commas, brackets:
		return form, arrays, nil
	}
	return false, "", unusable("The field Transform.RequestEncodingOptions.ArrayFormat must be one of INDICES, REPEAT, COMMAS and BRACKETS.")
}

// encodeForm writes an object as a form. The formats of arrays are documented. That a member
// within an object is written as a[b], that null is left out, and how arrays stand within
// arrays, are guesses.
//
// The names of members within objects are repeated for each of their members, so a small object
// may be a very long form. The bound of 1 MiB is ours.
func encodeForm(o *value.Object, arrays arrayFormat) ([]byte, error) {
	f := form{arrays: arrays}
	for name, v := range o.All() {
		f.add(name, v)
	}
	if len(f.text) > maxForm {
		return nil, unusable("The URL_ENCODED RequestBody is longer than %d bytes.", maxForm)
	}
	return f.text, nil
}

const maxForm = 1 << 20

type form struct {
	arrays arrayFormat
	text   []byte
}

// add writes a value, and nothing more once the form is too long.
func (f *form) add(name string, v any) {
	switch v := v.(type) {
	case nil:
	case *value.Object:
		for key, member := range v.All() {
			if len(f.text) > maxForm {
				return
			}
			f.add(name+"["+key+"]", member)
		}
	case []any:
		if f.arrays == commas {
			texts := make([]string, 0, len(v))
			for _, element := range v {
				if element != nil {
					texts = append(texts, plain(element))
				}
			}
			f.pair(name, strings.Join(texts, ","))
			return
		}
		for i, element := range v {
			if len(f.text) > maxForm {
				return
			}
			switch f.arrays {
			case indices:
				f.add(name+"["+strconv.Itoa(i)+"]", element)
			case brackets:
				f.add(name+"[]", element)
			default:
				f.add(name, element)
			}
		}
	default:
		f.pair(name, plain(v))
	}
}

func (f *form) pair(name, text string) {
	if len(f.text) > 0 {
		f.text = append(f.text, '&')
	}
	f.text = append(f.text, url.QueryEscape(name)...)
	f.text = append(f.text, '=')
	f.text = append(f.text, url.QueryEscape(text)...)
}

// plain returns a string as it is, and any other value as JSON text.
func plain(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return value.String(v)
}
