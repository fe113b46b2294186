package main

import (
	"net/url"
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
)

// These are the objects of SARIF 2.1.0, the Static Analysis Results Interchange Format, that
// a list of diagnostics needs.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
	sarifFix struct {
		Description sarifMessage  `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion  `json:"deletedRegion"`
		Inserted sarifMessage `json:"insertedContent"`
	}
)

// sarifOf returns diagnostics as a log of SARIF with one run.
func sarifOf(ds template.Diagnostics) sarifLog {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "gostates", Version: versionOf().Version, InformationURI: "https://github.com/gostates/gostates", Rules: []sarifRule{},
		}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	rules := &run.Tool.Driver.Rules
	for _, d := range ds {
		rule := sarifRule{ID: string(d.Code)}
		index := slices.Index(*rules, rule)
		if index < 0 {
			index = len(*rules)
			*rules = append(*rules, rule)
		}
		run.Results = append(run.Results, sarifResultOf(d, index))
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

func sarifResultOf(d template.Diagnostic, rule int) sarifResult {
	level := map[asl.Severity]string{asl.Error: "error", asl.Warning: "warning"}[d.Severity]
	if level == "" {
		level = "note"
	}
	region := sarifRegion{StartLine: max(d.Line, 1), StartColumn: max(d.Column, 1)}
	if d.Range.End.Line > 0 {
		region = sarifRegionOf(d.Range)
	}
	artifact := sarifArtifact{URI: (&url.URL{Path: d.File}).String()}
	location := sarifLocation{Physical: sarifPhysical{Artifact: artifact, Region: region}}
	if d.Pointer != "" {
		location.Logical = []sarifLogical{{FullyQualifiedName: d.Pointer}}
	}
	result := sarifResult{
		RuleID: string(d.Code), RuleIndex: rule, Level: level,
		Message: sarifMessage{Text: messageOf(d.Diagnostic)}, Locations: []sarifLocation{location},
	}
	for _, f := range d.Fixes {
		change := sarifChange{Artifact: artifact}
		for _, e := range f.Edits {
			change.Replacements = append(change.Replacements, sarifReplacement{
				Deleted: sarifRegionOf(e.Range), Inserted: sarifMessage{Text: e.Text},
			})
		}
		result.Fixes = append(result.Fixes, sarifFix{Description: sarifMessage{Text: f.Title}, Changes: []sarifChange{change}})
	}
	return result
}

func sarifRegionOf(r asl.Range) sarifRegion {
	return sarifRegion{StartLine: r.Start.Line, StartColumn: r.Start.Column, EndLine: r.End.Line, EndColumn: r.End.Column}
}
