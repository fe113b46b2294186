package asl_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/require"
)

// shown writes an outline as lines: each state with its type and the line of its name, and
// each reference with its field, its line, and the line of the state it leads to.
func shown(o *asl.Outline) string {
	var b strings.Builder
	var graph func(g *asl.GraphOutline, indent string)
	reference := func(r *asl.Reference, indent string) {
		line := "nowhere"
		if r.State != nil {
			line = fmt.Sprint(r.State.NameRange.Start.Line)
		}
		fmt.Fprintf(&b, "%s%s in %d to %s in %s\n", indent, r.Field, r.Range.Start.Line, r.Target, line)
	}
	graph = func(g *asl.GraphOutline, indent string) {
		if g.StartAt != nil {
			reference(g.StartAt, indent)
		}
		for _, s := range g.States {
			fmt.Fprintf(&b, "%s%s %s in %d-%d\n", indent, s.Name, s.Type, s.Range.Start.Line, s.Range.End.Line)
			for _, r := range s.References {
				reference(r, indent+"  ")
			}
			for _, inner := range s.Graphs {
				graph(inner, indent+"  ")
			}
		}
	}
	if o.Machine != nil {
		graph(o.Machine, "")
	}
	return b.String()
}

func TestOutline(t *testing.T) {
	o := asl.Parser{Extensions: true}.Outline([]byte(`{
  "StartAt": "Each",
  "States": {
    "Each": {
      "Type": "Map",
      "Comment": "all of them",
      "ItemProcessor": {
        "StartAt": "Odd?",
        "States": {
          "Odd?": {"Type": "Choice", "Choices": [
              {"Variable": "$", "NumericEquals": 1, "Next": "Do"},
              {"Variable": "$", "NumericEquals": 3, "Next": "Each"}],
            "Default": "Do"},
          "Do": {"Type": "Task", "Resource": "do", "Compensate": "Undo",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Odd?"}], "End": true},
          "Undo": {"Type": "Pass"}
        }
      },
      "Next": "Done"
    },
    "Done": {"Type": "Succeed"}
  }
}`))
	require.Equal(t, `StartAt in 2 to Each in 4
Each Map in 4-20
  Next in 19 to Done in 21
  StartAt in 8 to Odd? in 10
  Odd? Choice in 10-13
    Next in 11 to Do in 14
    Next in 12 to Each in nowhere
    Default in 13 to Do in 14
  Do Task in 14-15
    Compensate in 14 to Undo in 16
    Next in 15 to Odd? in 10
  Undo Pass in 16-16
Done Succeed in 21-21
`, shown(o))
	require.Len(t, o.Diagnostics, 1)
	require.Equal(t, "/States/Each/ItemProcessor/States/Odd?/Choices/1/Next", o.Diagnostics[0].Pointer)

	each, odd := o.States()[0], o.States()[1]
	require.Equal(t, "all of them", each.Comment)
	require.Equal(t, "/States/Each", each.Pointer)
	require.Equal(t, each, odd.Graph.Owner)
	require.Nil(t, o.Machine.Owner)
	require.Equal(t, asl.Position{Offset: 41, Line: 4, Column: 5, ByteColumn: 5, UTF16Column: 5}, each.NameRange.Start)
	require.Equal(t, asl.Position{Offset: 47, Line: 4, Column: 11, ByteColumn: 11, UTF16Column: 11}, each.NameRange.End)

	next := o.ReferenceAt(o.Offset(19, 16))
	require.Equal(t, "Next", next.Field)
	require.Equal(t, "/States/Each/Next", next.Pointer)
	require.Equal(t, each, next.From)
	require.Equal(t, "Done", next.State.Name)
	require.Nil(t, o.ReferenceAt(0))
	require.Equal(t, odd, o.StateAt(o.Offset(12, 40)), "the innermost one")
	require.Equal(t, each, o.StateAt(o.Offset(19, 1)))
	require.Nil(t, o.StateAt(0))
	var lines []int
	for _, r := range o.ReferencesTo(odd) {
		lines = append(lines, r.Range.Start.Line)
	}
	require.Equal(t, []int{8, 15}, lines)
}

// TestPositionsInEveryUnit counts in a text of characters that take several bytes, or two units of
// UTF-16.
func TestPositionsInEveryUnit(t *testing.T) {
	text := "{\"Comment\": \"é😀\", \"StartAt\": \"a\",\r\n\"States\": {}}"
	o := asl.Parser{}.Outline([]byte(text))
	require.Equal(t, asl.Position{Offset: 33, Line: 1, Column: 30, ByteColumn: 34, UTF16Column: 31}, o.Machine.StartAt.Range.Start)
	for offset := range len(text) + 1 {
		p := o.Position(offset)
		require.Equal(t, offset, p.Offset)
		if offset == len(text) || text[offset] < 0x80 || text[offset] >= 0xc0 { // at the beginning of a character
			require.Equal(t, offset, o.Offset(p.Line, p.UTF16Column), "%+v", p)
			before := text[:offset]
			require.Equal(t, strings.Count(before, "\n")+1, p.Line)
			before = before[strings.LastIndexByte(before, '\n')+1:]
			require.Equal(t, len(before)+1, p.ByteColumn)
			require.Equal(t, len([]rune(before))+1, p.Column)
			require.Equal(t, len(utf16.Encode([]rune(before)))+1, p.UTF16Column)
		}
	}
	require.Equal(t, len(text), o.Offset(99, 1))
	require.Equal(t, strings.IndexByte(text, '\n'), o.Offset(1, 999))
	require.Equal(t, len(text), o.Position(1000).Offset)
}

// TestOutlineOfBroken reads definitions as they are while somebody writes them.
func TestOutlineOfBroken(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		outline  string
		problems []string // line, column and message; of a fix the text that it makes, up to the line's end
	}{
		"it breaks off": {
			"{\"StartAt\": \"A\",\n\"States\": {\n\"A\": {\"Type\": \"Pass\", \"Next\": \"B\"},\n\"B\": {\"Type\": \"Wait\",",
			"StartAt in 1 to A in 3\nA Pass in 3-3\n  Next in 3 to B in 4\nB Wait in 4-4\n",
			[]string{`4:22: Unexpected end-of-input within/between Object entries -> "B": {"Type": "Wait"}}}`},
		},
		"a value is not there yet": {
			"{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\",\n\"Next\": \n\"End\": true},\n\"B\": {\"Type\": \"Succeed\"}}}",
			"StartAt in 1 to A in 2\nA Pass in 2-4\nB Succeed in 5-5\n",
			[]string{`4:6: Unexpected character (':' (code 58)): was expecting comma to separate Object entries`},
		},
		"a name is not closed": {
			"{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\",\n\"Next\": \"B\n},\n\"B\": {\"Type\": \"Succeed\"}}}",
			"StartAt in 1 to A in 2\nA Pass in 2-4\n  Next in 3 to B in 5\nB Succeed in 5-5\n",
			[]string{`3:11: Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value -> "Next": "B"`},
		},
		"a comma is missing": {
			"{\"StartAt\": \"A\" \"States\": {\"A\": {\"Type\": \"Succeed\"}}}",
			"StartAt in 1 to A in 1\nA Succeed in 1-1\n",
			[]string{`1:17: Unexpected character ('"' (code 34)): was expecting comma to separate Object entries -> {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`},
		},
		"a comma is one too many": {
			"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\",}}}",
			"StartAt in 1 to A in 1\nA Succeed in 1-1\n",
			[]string{`1:53: Unexpected character ('}' (code 125)): was expecting double-quote to start field name -> {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`},
		},
		"a brace is missing": {
			"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Parallel\", \"End\": true, \"Branches\": [{\"StartAt\": \"B\", \"States\": {\"B\": {\"Type\": \"Succeed\"}}]}}}",
			"StartAt in 1 to A in 1\nA Parallel in 1-1\n  StartAt in 1 to B in 1\n  B Succeed in 1-1\n",
			[]string{`1:134: Unexpected close marker ']': expected '}' (for Object starting at line 1, column 81) -> {"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]}}}`},
		},
		"it has comments": {
			"{\"StartAt\": \"A\", // first\n\"States\": {\"A\": {\"Type\": \"Succeed\"}}}",
			"StartAt in 1 to A in 2\nA Succeed in 2-2\n",
			[]string{"1:18: Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser) -> {\"StartAt\": \"A\", "},
		},
		"words without quotes": {
			"{StartAt: 'A', \"States\": {\"A\": {\"Type\": Succeed}}}",
			"StartAt in 1 to A in 1\nA Succeed in 1-1\n",
			[]string{
				`1:2: Unexpected character ('S' (code 83)): was expecting double-quote to start field name -> {"StartAt": 'A', "States": {"A": {"Type": Succeed}}}`,
				`1:11: A text is put into double quotes -> {StartAt: "A", "States": {"A": {"Type": Succeed}}}`,
				`1:41: "Succeed" is no value: a text is put into double quotes -> {StartAt: 'A', "States": {"A": {"Type": "Succeed"}}}`,
			},
		},
		"what is whole is checked": {
			"{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", \"Nxt\": \"B\"},\n\"B\": {\"Type\": \"Pass\", \"Next\": \"Wait\"},\n\"Wait1\": {\"Type\": \"Wait\", \"Seconds\": }}}",
			"StartAt in 1 to A in 2\nA Pass in 2-2\nB Pass in 3-3\n  Next in 3 to Wait in nowhere\nWait1 Wait in 4-4\n",
			[]string{
				`2:23: Field 'Nxt' is not supported -> "A": {"Type": "Pass", "Next": "B"},`,
				`3:31: Missing 'Next' target: Wait -> "B": {"Type": "Pass", "Next": "Wait1"},`,
				"4:38: Unexpected character ('}' (code 125)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
			},
		},
		"it is no object":     {"[]", "", []string{"1:1: Definition must be a valid JSON object"}},
		"it is empty":         {"", "", []string{"1:1: The definition is empty"}},
		"it is YAML":          {"StartAt: A", "", []string{"1:1: Unrecognized token 'StartAt': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"}},
		"there is an opening": {"{", "", []string{"1:2: Unexpected end-of-input: expected close marker for Object (start marker at line 1, column 1) -> {}"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := asl.Parser{}.Outline([]byte(c.text))
			require.Equal(t, c.outline, shown(o))
			var problems []string
			for _, d := range o.Diagnostics {
				line := fmt.Sprintf("%d:%d: %s", d.Line, d.Column, d.Message)
				require.Equal(t, d.Line, d.Range.Start.Line)
				require.Equal(t, d.Column, d.Range.Start.Column)
				if len(d.Fixes) > 0 {
					mended, err := d.Fixes[0].Apply(c.text)
					require.NoError(t, err)
					line += " -> " + strings.Split(mended, "\n")[d.Line-1]
				}
				problems = append(problems, line)
			}
			require.Equal(t, c.problems, problems)
		})
	}
}

// FuzzOutline reads whatever it is given: places are in the text, fixes can be applied, and
// of a definition that can be parsed the outline has the same states.
func FuzzOutline(f *testing.F) {
	f.Add(order)
	for i := 0; i < len(order); i += 97 {
		f.Add(order[:i])
		f.Add(order[:i] + order[min(i+3, len(order)):])
	}
	f.Add("{\"\\u12")
	f.Add("{'a\\")
	f.Add("\uFEFF{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":\"\\u1")
	f.Fuzz(func(t *testing.T, text string) {
		o := asl.Parser{Extensions: true}.Outline([]byte(text))
		within := func(r asl.Range) {
			require.LessOrEqual(t, 0, r.Start.Offset)
			require.LessOrEqual(t, r.Start.Offset, r.End.Offset)
			require.LessOrEqual(t, r.End.Offset, len(text))
			require.Positive(t, r.Start.Line)
			require.Positive(t, r.End.UTF16Column)
		}
		for _, d := range o.Diagnostics {
			within(d.Range)
			for _, fix := range d.Fixes {
				for _, e := range fix.Edits {
					within(e.Range)
				}
				_, err := fix.Apply(text)
				require.NoError(t, err)
			}
		}
		for _, s := range o.States() {
			within(s.Range)
			within(s.NameRange)
		}
		for _, r := range o.References() {
			within(r.Range)
			require.Equal(t, r, o.ReferenceAt(r.Range.Start.Offset))
		}
		for offset := 0; offset <= len(text); offset += 1 + len(text)/20 {
			within(o.Complete(offset).Range)
			if s := o.StateAt(offset); s != nil {
				require.True(t, s.Range.Contains(offset))
			}
		}
		m, err := asl.Parser{Extensions: true}.Parse([]byte(text))
		if err != nil {
			return
		}
		n := 0
		for _, s := range o.States() {
			state := m.Find(s.Name)
			require.NotNil(t, state, s.Name)
			require.Equal(t, state.Type(), s.Type)
			require.Equal(t, state.Pointer(), s.Pointer)
			n++
		}
		require.Equal(t, statesIn(m.Graph), n)
		for _, r := range o.References() {
			require.NotNil(t, r.State, r.Target)
		}
	})
}

// statesIn counts the states of a graph, and those inside it.
func statesIn(g *asl.Graph) int {
	n := g.Len()
	for s := range g.All() {
		switch s := s.(type) {
		case *asl.Parallel:
			for _, b := range s.Branches {
				n += statesIn(b)
			}
		case *asl.Map:
			n += statesIn(s.Processor)
		}
	}
	return n
}

// TestOutlineOfHostileTexts reads texts that are wrong over and over, as long as they may be.
// It takes a moment: what takes minutes grows with the square of the length.
func TestOutlineOfHostileTexts(t *testing.T) {
	for _, c := range []struct{ begin, again string }{
		{"", `{"a":`}, {`{"a":`, "["}, {`{"a":` + strings.Repeat(`{"a":`, 990), "]"}, {"{", ","}, {"{", "a "}, {"{", `"a" `}, {"{", "//\n"}, {"{", "\"\n"},
		{`{"StartAt": "x", "States": {`, `"a": {"Type": "Pas", "Next": "b"},`}, {"{", `"a":"b":`}, {"{", "'"}, {"{", `"\`}, {`{"a": [`, "}"}, {"{", `"\q" `},
	} {
		text := c.begin + strings.Repeat(c.again, (asl.MaxDefinitionSize/4-len(c.begin))/len(c.again))
		o := asl.Parser{}.Outline([]byte(text))
		require.NotEmpty(t, o.Diagnostics, c.again)
		require.NotPanics(t, func() { o.Complete(len(text) / 2) })
	}
}

func BenchmarkOutline(b *testing.B) {
	for name, text := range map[string]string{"whole": order, "broken": order[:len(order)-5]} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				asl.Parser{}.Outline([]byte(text))
			}
		})
	}
}
