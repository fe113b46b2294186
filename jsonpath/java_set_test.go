package jsonpath

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gostates/gostates/asl/value"
)

// TestArrayUniqueOrder: the order is that of OpenJDK 17's HashSet, which gave the
// expected lists.
func TestArrayUniqueOrder(t *testing.T) {
	multiples := func(of, from, to, step int) string {
		var texts []string
		for i := from; i != to; i += step {
			texts = append(texts, fmt.Sprint(of*i))
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	for name, c := range map[string]struct{ list, want string }{
		"none":                 {`[]`, `[]`},
		"integers":             {`[3,1,3,2,1]`, `[1,2,3]`},
		"negative and long":    {`[-1,5,-13,2147483648,-2147483649]`, `[-1,2147483648,-2147483649,5,-13]`},
		"beyond 64 bits":       {`[12345678901234567890,1,-12345678901234567890]`, `[1,12345678901234567890,-12345678901234567890]`},
		"one bin":              {`[16,0,32,17,1]`, `[16,0,32,17,1]`},
		"strings":              {`["apple","pear","fig","plum","kiwi","lime","pear"]`, `["plum","apple","pear","kiwi","fig","lime"]`},
		"strings of one hash":  {`["Aa","BB","C#"]`, `["Aa","BB","C#"]`},
		"UTF-16":               {`["ü","日本","😀"]`, `["😀","日本","ü"]`},
		"strings and integers": {`["b",2,"a",1,98,"b"]`, `["a",1,"b",2,98]`},
		"fractions":            {`[0.5,1.5,-0.0,0.0,2.5]`, `[0.5,-0.0,0.0,2.5,1.5]`},
		"1 and 1.0":            {`[1,1.0,"1",true,null,null,false]`, `[1.0,null,1,"1",false,true]`},
		"objects":              {`[{"a":1,"b":[2]},{"b":[2],"a":1},{"a":1}]`, `[{"a":1},{"a":1,"b":[2]}]`},
		"arrays":               {`[[1,2],[12],[1,2]]`, `[[1,2],[12]]`},
		"table of 32":          {`[12,11,10,9,8,7,6,5,4,3,2,1,16]`, `[1,2,3,4,5,6,7,8,9,10,11,12,16]`},
		"tree of integers":     {multiples(1024, 14, 0, -1), `[11264,14336,13312,12288,10240,9216,8192,7168,6144,5120,4096,3072,2048,1024]`},
		"table doubled for it": {multiples(64, 0, 13, 1), `[192,0,64,128,256,320,384,448,512,576,640,704,768]`},
		"trees of one hash": {`["AaAaAaAa","AaAaAaBB","AaAaBBAa","AaAaBBBB","AaBBAaAa","AaBBAaBB","AaBBBBAa","AaBBBBBB","BBAaAaAa","BBAaAaBB","BBAaBBAa","BBAaBBBB"]`,
			`["AaAaBBBB","AaAaAaAa","AaAaAaBB","AaAaBBAa","AaBBAaAa","AaBBAaBB","AaBBBBAa","AaBBBBBB","BBAaAaAa","BBAaAaBB","BBAaBBAa","BBAaBBBB"]`},
	} {
		got, problem := arrayUnique(nil, nil, []any{parse(t, c.list)})
		assert.Empty(t, problem, name)
		assert.Equal(t, c.want, value.String(got), name)
	}
}

// TestJavaSetSplitsTrees: what was in a tree is still there when the table has grown.
func TestJavaSetSplitsTrees(t *testing.T) {
	s := newJavaSet(0)
	for i := range int64(1000) {
		s.add(i * 4096)
	}
	seen := map[any]bool{}
	for _, v := range s.values() {
		seen[v] = true
	}
	assert.Len(t, seen, 1000)
	assert.Len(t, s.table, 2048)
	for i := range s.table {
		_, ok := blackHeight(s.table[i].root)
		assert.True(t, ok, "bin %d", i)
	}
}

// blackHeight counts the black nodes from a node to a leaf; ok is false where two ways
// have different numbers, or a red node has a red child.
func blackHeight(n *javaNode) (height int, ok bool) {
	if n == nil {
		return 1, true
	}
	left, ok1 := blackHeight(n.left)
	right, ok2 := blackHeight(n.right)
	if n.red {
		return left, ok1 && ok2 && left == right && (n.left == nil || !n.left.red) && (n.right == nil || !n.right.red)
	}
	return left + 1, ok1 && ok2 && left == right
}

// TestJavaIdentity: values that Java calls equal, and only those, share their identity,
// and then their hash.
func TestJavaIdentity(t *testing.T) {
	groups := [][]string{
		{"null"}, {"1", "1"}, {"1.0", "1.00"}, {"1.5", "15e-1"}, {"0.0"}, {"-0.0"}, {"true"}, {`"true"`}, {`"1"`},
		{"12345678901234567890"}, {"[]"}, {"{}"}, {"[1,2]"}, {"[12]"}, {`["1,2"]`}, {"[1.0,2]"},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`}, {`{"a":1.0,"b":2}`}, {`{"a":"1,b:2"}`}, {"1e300"}, {"-1e300"}, {"1e400"},
	}
	for i, group := range groups {
		for j, others := range groups {
			for _, a := range group {
				for _, b := range others {
					x, y := parse(t, a), parse(t, b)
					assert.Equal(t, i == j, string(javaIdentity(nil, x)) == string(javaIdentity(nil, y)), "%s and %s", a, b)
					if i == j {
						assert.Equal(t, javaHash(x), javaHash(y), "%s and %s", a, b)
					}
				}
			}
		}
	}
}
