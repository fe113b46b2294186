package asl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// referenceHolders puts a field into each kind of object that has Reference Paths.
var referenceHolders = map[owner]string{
	inPass:       `{"Type":"Pass","End":true,FIELD}`,
	inTask:       `{"Type":"Task","Resource":"r","End":true,FIELD}`,
	inWait:       `{"Type":"Wait","End":true,FIELD}`,
	inParallel:   `{"Type":"Parallel","Branches":[` + referenceGraph + `],"End":true,FIELD}`,
	inMap:        `{"Type":"Map","ItemProcessor":` + referenceGraph + `,"End":true,FIELD}`,
	inCatcher:    `{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["E"],"Next":"Done",FIELD}],"End":true}`,
	inRule:       `{"Type":"Choice","Choices":[{"IsNull":true,"Next":"Done",FIELD}],"Default":"Done"}`,
	inNestedRule: `{"Type":"Choice","Choices":[{"Not":{"IsNull":true,FIELD},"Next":"Done"}],"Default":"Done"}`,
	inReaderConfig: `{"Type":"Map","ItemProcessor":` + referenceGraph + `,"End":true,` +
		`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{FIELD}}}`,
	inItemBatcher: `{"Type":"Map","ItemProcessor":` + referenceGraph + `,"End":true,"ItemBatcher":{FIELD}}`,
}

const referenceGraph = `{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`

// TestReferencePaths: every field that is a Reference Path, wherever it may stand, takes
// the same paths, from the roots that its row has.
func TestReferencePaths(t *testing.T) {
	checked := map[string]string{}
	for i := range fieldTable {
		row := &fieldTable[i]
		if row.shape != referencePath {
			assert.Zero(t, row.roots|row.doubtful, row.name)
			continue
		}
		assert.Zero(t, row.doubtful&^row.roots, row.name)
		allowed := ""
		for _, root := range []struct {
			text string
			root roots
		}{{"$", fromInput}, {"$$", fromContext}, {"$var", fromVariable}} {
			if row.roots&root.root != 0 {
				allowed += " " + root.text
			}
			if row.doubtful&root.root != 0 {
				allowed += "?"
			}
		}
		checked[row.name] = strings.TrimSpace(allowed)
		for in := owner(1); in != 0; in <<= 1 {
			if row.in&in == 0 {
				continue
			}
			holder, ok := referenceHolders[in]
			if !assert.True(t, ok, "%s in %b", row.name, in) {
				continue
			}
			says := func(path string) (message string, doubtful bool) {
				definition := `{"StartAt":"S","States":{"S":` + strings.Replace(holder, "FIELD", `"`+row.name+`":"`+path+`"`, 1) +
					`,"Done":{"Type":"Succeed"}}}`
				for _, d := range (Parser{}).Validate([]byte(definition)) {
					if strings.HasSuffix(d.Pointer, "/"+row.name) {
						if d.Code == DoubtfulPath {
							doubtful = true
						} else if d.Severity == Error {
							message = d.Message
						}
					}
				}
				return message, doubtful
			}
			const no = "Value is not a Reference Path"
			const bracket = no + ": '[' must be followed by ' or '['"
			for path, want := range map[string]string{
				"a": no + ": Reference path didn't start with '$'", "$.a[*]": bracket, "$.a[?(@.b)]": bracket, "$.a[(@.length-1)]": bracket,
				"$..a": no, "$.*": no, "$['a','b']": no, "$.a[0,1]": no, "$.a[0:1]": no,
				"$": "", "$.a": "", "$.a['b c'][0].d-e": "",
			} {
				got, doubtful := says(path)
				assert.Equal(t, want, got, "%s: %s", row.name, path)
				assert.False(t, doubtful, "%s: %s", row.name, path)
			}
			for path, root := range map[string]roots{"$$.a": fromContext, "$var.a": fromVariable} {
				want := ""
				if row.roots&root == 0 {
					want = no
				}
				got, doubtful := says(path)
				assert.Equal(t, want, got, "%s: %s", row.name, path)
				assert.Equal(t, row.doubtful&root != 0, doubtful, "%s: %s", row.name, path)
			}
		}
	}
	assert.Equal(t, map[string]string{
		"ResultPath": "$",
		"ItemsPath":  "$ $$ $var",
		"Variable":   "$ $$ $var",

		"TimeoutSecondsPath":   "$ $$? $var",
		"HeartbeatSecondsPath": "$ $$? $var",
		"SecondsPath":          "$ $$? $var",
		"TimestampPath":        "$ $$? $var",

		"MaxConcurrencyPath":             "$ $var",
		"ToleratedFailureCountPath":      "$ $var",
		"ToleratedFailurePercentagePath": "$ $var",
		"MaxItemsPath":                   "$ $var",
		"MaxItemsPerBatchPath":           "$ $var",
		"MaxInputBytesPerBatchPath":      "$ $var",
	}, checked)
}

// TestOperandPaths: the right side of a comparison should be a Reference Path, too.
func TestOperandPaths(t *testing.T) {
	for name, op := range operators {
		if !op.path || !strings.HasSuffix(name, "Path") {
			continue
		}
		for path, want := range map[string]Severity{
			"$.a": "", "$$.a.b": "", "$var": "", "$.a[*]": Warning, "$..a": Warning, "$.a[(@.length-1)]": Warning, "a": Error, "$.a[": Error,
		} {
			definition := `{"StartAt":"S","States":{"S":{"Type":"Choice","Default":"D","Choices":[{"Variable":"$.v","` + name + `":"` + path +
				`","Next":"D"}]},"D":{"Type":"Succeed"}}}`
			got := Severity("")
			for _, d := range (Parser{}).Validate([]byte(definition)) {
				if d.Code != UnknownVariable {
					got = d.Severity
				}
			}
			assert.Equal(t, want, got, "%s: %s", name, path)
		}
	}
}

// TestErrorAndCausePaths: they are Reference Paths, or calls of functions.
func TestErrorAndCausePaths(t *testing.T) {
	for _, name := range []string{"ErrorPath", "CausePath"} {
		for path, valid := range map[string]bool{
			"$.a": true, "$$.State.Name": true, "$.a['b'][0]": true, "States.UUID()": true,
			"$.a[*]": false, "$.a[(@.length-1)]": false, "$['a','b']": false, "$..a": false,
		} {
			ds := Parser{}.Validate([]byte(`{"StartAt":"S","States":{"S":{"Type":"Fail","` + name + `":"` + path + `"}}}`))
			assert.Equal(t, valid, ds.Err() == nil, "%s: %s: %v", name, path, ds)
		}
	}
}
