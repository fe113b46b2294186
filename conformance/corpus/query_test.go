package corpus

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQueries runs cases of JSONata expressions, of which those with a failure must
// fail so.
func TestQueries(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "datasets"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "datasets", "shop.json"), []byte(`{"items": [{"price": 2}, {"price": 3}]}`), 0o644))
	for _, c := range []struct{ fields, failure string }{
		{`"expr":"$sum(items.price)","data":{"dataset":"shop"},"expect":{"result":5}`, ""},
		{`"expr":"$sum(items.price)","data":{"dataset":"shop"},"expect":{"result":6}`, "value: expected 6, actual 5"},
		{`"expr":"a","data":{"a":null},"expect":{"result":null}`, ""},
		{`"expr":"$","data":null,"expect":{"result":null}`, ""},
		{`"expr":"a","expect":{"undefined":true}`, ""},
		{`"expr":"a","data":{"a":1},"expect":{"undefined":true}`, "value: expected nothing, actual 1"},
		{`"expr":"a","data":{},"expect":{"result":1}`, "value: expected 1, actual nothing"},
		{`"expr":"1 + 'a'","expect":{"error":"T2002"}`, ""},
		{`"expr":"1 + 'a'","expect":{"error":"T2001"}`, "value: expected the error T2001, actual T2002"},
		{`"expr":"1 +","expect":{"error":"S0207"}`, ""},
		{`"expr":"[3, 1]","expect":{"result":[1, 3]}`, "value: expected [1,3], actual [3,1]"},
		{`"expr":"[3, 1]","unordered":true,"expect":{"result":[1, 3]}`, ""},
		{`"expr":"$x.y","bindings":{"x":{"y":7}},"expect":{"result":7}`, ""},
		{`"expr":"$partition([1, 2, 3], 2)","aws":true,"expect":{"result":[[1, 2], [3]]}`, ""},
		{`"expr":"a","data":{"dataset":"none"},"expect":{"result":1}`, "none.json"},
		{`"expr":"a","expect":{}`, `"expect" has neither result, undefined nor the code of an error`},
	} {
		test, err := decodeQuery([]byte(`{"name":"n",`+c.fields+`}`), dir)
		if err == nil {
			err = test.Run(nil)
		}
		if c.failure == "" {
			assert.NoError(t, err, c.fields)
		} else {
			assert.ErrorContains(t, err, c.failure, c.fields)
		}
	}
}
