package format_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/format"
	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/require"
)

func TestDefinition(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a machine": {
			`{"States":{"B":{"End":true,"Type":"Pass"},"A":{"Next":"B","Resource":"a","Owner":"me","Retry":[{"MaxAttempts":2,"ErrorEquals":["X","Y"],"Comment":"c"}],"Comment":"first","Type":"Task","Catch":[{"Next":"B","ErrorEquals":["States.ALL"],"ResultPath":"$.e"}]}},"x-tool":{"b":1,"a":[]},"StartAt":"A","Comment":"all"}`,
			`{
  "Comment": "all",
  "StartAt": "A",
  "x-tool": {
    "b": 1,
    "a": []
  },
  "States": {
    "B": {
      "Type": "Pass",
      "End": true
    },
    "A": {
      "Type": "Task",
      "Comment": "first",
      "Resource": "a",
      "Owner": "me",
      "Retry": [
        {
          "Comment": "c",
          "ErrorEquals": ["X", "Y"],
          "MaxAttempts": 2
        }
      ],
      "Catch": [
        {
          "ErrorEquals": ["States.ALL"],
          "ResultPath": "$.e",
          "Next": "B"
        }
      ],
      "Next": "B"
    }
  }
}
`},
		"rules, and rules inside": {
			`{"StartAt":"C","States":{"C":{"Default":"D","Choices":[{"Next":"D","And":[{"NumericEquals":1,"Variable":"$.a"},{"Not":{"IsNull":true,"Variable":"$.b"}}]}],"Type":"Choice"},"D":{"Type":"Succeed"}}}`,
			`{
  "StartAt": "C",
  "States": {
    "C": {
      "Type": "Choice",
      "Choices": [
        {
          "And": [
            {
              "Variable": "$.a",
              "NumericEquals": 1
            },
            {
              "Not": {
                "Variable": "$.b",
                "IsNull": true
              }
            }
          ],
          "Next": "D"
        }
      ],
      "Default": "D"
    },
    "D": {
      "Type": "Succeed"
    }
  }
}
`},
		"texts, numbers and payloads stay": {
			"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Result\":{\"Type\":\"\\u00e9\\/é\\n\",\"Comment\":1.50e+2,\"n\":-0.0,\"big\":123456789012345678901234567890,\"States\":{\"End\":true,\"Type\":\"x\"}},\"\\u0045nd\":true}}}",
			"{\n  \"StartAt\": \"P\",\n  \"States\": {\n    \"P\": {\n      \"Type\": \"Pass\",\n      \"Result\": {\n        \"Type\": \"\\u00e9\\/é\\n\",\n        \"Comment\": 1.50e+2,\n        \"n\": -0.0,\n        \"big\": 123456789012345678901234567890,\n        \"States\": {\n          \"End\": true,\n          \"Type\": \"x\"\n        }\n      },\n      \"\\u0045nd\": true\n    }\n  }\n}\n"},
		"a graph inside": {
			`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"States":{"P":{"End":true,"Type":"Pass"}},"StartAt":"P","ProcessorConfig":{"ExecutionType":"STANDARD","Mode":"DISTRIBUTED"}}}}}`,
			`{
  "StartAt": "M",
  "States": {
    "M": {
      "Type": "Map",
      "ItemProcessor": {
        "ProcessorConfig": {
          "Mode": "DISTRIBUTED",
          "ExecutionType": "STANDARD"
        },
        "StartAt": "P",
        "States": {
          "P": {
            "Type": "Pass",
            "End": true
          }
        }
      },
      "End": true
    }
  }
}
`},
		"what has another form stays": {
			`{"States":{"A":[],"B":null,"C":{"Retry":{"b":1,"a":2},"Branches":"x","Type":7}},"StartAt":[1,{}]}`,
			`{
  "StartAt": [
    1,
    {}
  ],
  "States": {
    "A": [],
    "B": null,
    "C": {
      "Type": 7,
      "Branches": "x",
      "Retry": {
        "b": 1,
        "a": 2
      }
    }
  }
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := format.Definition([]byte(c.text))
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
			again, err := format.Definition(got)
			require.NoError(t, err)
			require.Equal(t, c.want, string(again))
		})
	}
}

// TestLists: a list of texts and numbers is written on one line as long as it fits.
func TestLists(t *testing.T) {
	for n, lines := range map[int]int{0: 1, 1: 1, 11: 1, 12: 14, 40: 42} {
		list := "[" + strings.TrimSuffix(strings.Repeat(`"é12",`, n), ",") + "]"
		got, err := format.Definition([]byte(`{"StartAt": ` + list + `, "States": {}}`))
		require.NoError(t, err)
		require.Equal(t, 3+lines, strings.Count(string(got), "\n"), "%s", got)
	}
}

func TestRefused(t *testing.T) {
	for text, place := range map[string]string{
		"":                        "MISSING_DESCRIPTION",
		"{\n \"States\": {,}}":    "2:13: INVALID_JSON_DESCRIPTION",
		`{"States": {}} x`:        "1:16: INVALID_JSON_DESCRIPTION",
		strings.Repeat("[", 2000): "INVALID_JSON_DESCRIPTION",
		`{"States": {"a": "` + strings.Repeat("x", asl.MaxDefinitionSize) + `"}}`: "DEFINITION_TOO_LARGE",
	} {
		got, err := format.Definition([]byte(text))
		require.Nil(t, got)
		var invalid *asl.InvalidDefinitionError
		require.ErrorAs(t, err, &invalid)
		require.ErrorContains(t, err, place)
	}
	for _, text := range []string{`[]`, `7`, ` `, `{}`, `{"States": []}`, `{"name": "left-pad", "version": "1.3.0"}`} {
		got, err := format.Definition([]byte(text))
		require.Nil(t, got)
		require.ErrorIs(t, err, format.ErrNoDefinition, text)
	}
}

// FuzzDefinition formats whatever can be: the value stays, and so does the text the second
// time.
func FuzzDefinition(f *testing.F) {
	f.Add(`{"States": {"A": {"End": true, "Type": "Pass", "Result": {"b": [1, "x"], "a": {}}}}, "StartAt": "A"}`)
	f.Add("\t{\"States\":{\"A\\\"\":{\"Choices\":[{\"Next\":\"\\u00e9\",\"Not\":{}}]}},\"States\":{}}\r\n")
	f.Add("{\"States\":{\"\xff\":[[[]],1e5,-0,null]}}")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := format.Definition([]byte(text))
		if err != nil {
			return
		}
		again, err := format.Definition(got)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
		before, err := value.Parse(text)
		if err != nil {
			return // a field stands twice, for example
		}
		after, err := value.Parse(string(got))
		require.NoError(t, err)
		require.True(t, value.Equal(before, after), "%s", got)
	})
}

func BenchmarkDefinition(b *testing.B) {
	state := `"S": {"Next": "T", "Resource": "r", "Type": "Task", "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 2}]},`
	text := []byte(`{"StartAt": "S", "States": {` + strings.Repeat(state, 1000) + `"T": {"Type": "Succeed"}}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := format.Definition(text); err != nil {
			b.Fatal(err)
		}
	}
}
