package svg

import (
	"strings"

	"github.com/gostates/gostates/asl/graph"
)

// A palette is the colours of a theme. They are written into the rules one by one: many
// programs that show pictures know no variables.
type palette struct {
	paper, ink, muted, line, node, frame, edge string
	types                                      map[string]string    // the stroke of a state's type
	marks                                      map[string][2]string // fill and stroke of a class
}

var light = palette{
	paper: "#ffffff", ink: "#111827", muted: "#4b5563", line: "#6b7280", node: "#ffffff", frame: "#f8fafc", edge: "#cbd5e1",
	types: map[string]string{
		"task": "#2563eb", "pass": "#6b7280", "wait": "#7c3aed", "choice": "#b45309", "succeed": "#15803d", "fail": "#b91c1c", "parallel": "#0f766e", "map": "#be185d",
	},
	marks: map[string][2]string{
		graph.Succeeded: {"#dcfce7", "#15803d"}, graph.Failed: {"#fee2e2", "#b91c1c"}, graph.Caught: {"#ffedd5", "#c2410c"},
		graph.Aborted: {"#e5e7eb", "#4b5563"}, graph.Running: {"#dbeafe", "#1d4ed8"},
		graph.Covered: {"#dcfce7", "#15803d"}, graph.Partly: {"#fef9c3", "#a16207"}, graph.Missed: {"#fee2e2", "#b91c1c"},
		graph.Taken: {"", "#15803d"}, graph.Unreached: {"", "#9ca3af"},
	},
}

var dark = palette{
	paper: "#0d1117", ink: "#f3f4f6", muted: "#b6bdc8", line: "#9ca3af", node: "#1b222c", frame: "#131922", edge: "#374151",
	types: map[string]string{
		"task": "#60a5fa", "pass": "#9ca3af", "wait": "#a78bfa", "choice": "#f59e0b", "succeed": "#4ade80", "fail": "#f87171", "parallel": "#2dd4bf", "map": "#f472b6",
	},
	marks: map[string][2]string{
		graph.Succeeded: {"#0f3a23", "#4ade80"}, graph.Failed: {"#4a1719", "#f87171"}, graph.Caught: {"#46270d", "#fb923c"},
		graph.Aborted: {"#2b323d", "#9ca3af"}, graph.Running: {"#152f5c", "#60a5fa"},
		graph.Covered: {"#0f3a23", "#4ade80"}, graph.Partly: {"#3f3208", "#facc15"}, graph.Missed: {"#4a1719", "#f87171"},
		graph.Taken: {"", "#4ade80"}, graph.Unreached: {"", "#6b7280"},
	},
}

// StyleSheet returns the style sheet that pictures of a theme have, those with links included.
func StyleSheet(t Theme) string { return style(t, true) }

// style returns the style sheet of a theme, with the rules of links or without.
func style(t Theme, links bool) string {
	plain, rules := shapes, (*palette).rules
	if links {
		plain += linkShapes
		rules = func(p *palette) string { return p.rules() + p.linkRules() }
	}
	switch t {
	case Light:
		return plain + rules(&light)
	case Dark:
		return plain + rules(&dark)
	}
	return plain + rules(&light) + "@media (prefers-color-scheme:dark){" + rules(&dark) + "}"
}

// shapes are the rules without colours.
const shapes = `
.gostates-graph{font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",Arimo,sans-serif;max-width:100%;height:auto}
.gostates-graph .name{font-size:14px;font-weight:600}
.gostates-graph .detail{font-size:11.5px}
.gostates-graph .edge text,.gostates-graph .badge text{font-size:11px}
.gostates-graph .badge text{font-weight:600}
.gostates-graph .point text{font-size:12px;font-weight:600}
.gostates-graph .box{stroke-width:1.5}
.gostates-graph .behind{stroke-opacity:.55}
.gostates-graph .frame{stroke-width:1;stroke-dasharray:4 3}
.gostates-graph .line{fill:none;stroke-width:1.5}
.gostates-graph .reach,.gostates-graph .retry .target{fill:none;stroke:none;pointer-events:all}
.gostates-graph .reach{stroke-width:12;pointer-events:stroke}
.gostates-graph .catch>.line,.gostates-graph .compensate>.line{stroke-dasharray:5 3}
.gostates-graph .taken>.line,.gostates-graph .covered>.line,.gostates-graph .partly>.line{stroke-width:2.5}
.gostates-graph .unreached>.box,.gostates-graph .aborted>.box{stroke-dasharray:5 3}
.gostates-graph .running>.box{stroke-width:3}
.gostates-graph .retry path{fill:none;stroke-width:1.6}
`

// linkShapes are the rules of links without colours.
const linkShapes = `.gostates-graph .link .target{fill:none;stroke:none;stroke-width:2;pointer-events:all}
.gostates-graph .link:focus{outline:none}
`

// linkRules returns the rules that colour links.
func (p *palette) linkRules() string {
	return ".gostates-graph .link:hover .target,.gostates-graph .link:focus .target{stroke:" + p.ink + "}\n"
}

// rules returns the rules that colour.
func (p *palette) rules() string {
	var b strings.Builder
	rule := func(selector, declarations string) {
		b.WriteString(".gostates-graph " + selector + "{" + declarations + "}\n")
	}
	rule(".paper", "fill:"+p.paper)
	rule("text", "fill:"+p.ink)
	rule(".detail", "fill:"+p.muted)
	rule(".point rect,.gostates-graph .point circle", "fill:"+p.ink)
	rule(".point .ring", "fill:none;stroke:"+p.ink+";stroke-width:1.5")
	rule(".point text", "fill:"+p.paper)
	rule(".frame", "fill:"+p.frame+";stroke:"+p.edge)
	rule(".box", "fill:"+p.node+";stroke:"+p.line)
	rule(".line", "stroke:"+p.line)
	rule(".tip", "fill:"+p.line)
	rule(".label rect", "fill:"+p.paper+";stroke:"+p.edge)
	rule(".group .label rect", "fill:"+p.frame)
	rule(".retry path", "stroke:"+p.muted)
	rule(".retry .tip", "fill:"+p.muted+";stroke:none")
	rule(".badge rect", "fill:"+p.ink)
	rule(".badge text", "fill:"+p.paper)
	for _, name := range []string{"task", "pass", "wait", "choice", "succeed", "fail", "parallel", "map"} {
		color := p.types[name]
		rule("."+name+">.box", "stroke:"+color)
		rule("."+name+">.stripe", "fill:"+color)
	}
	rule(".handler>.box", "stroke-dasharray:6 3")
	rule(".catch>.line", "stroke:"+p.types["choice"])
	rule(".catch>.tip", "fill:"+p.types["choice"])
	rule(".compensate>.line", "stroke:"+p.types["wait"])
	rule(".compensate>.tip", "fill:"+p.types["wait"])
	for _, class := range []string{graph.Succeeded, graph.Failed, graph.Caught, graph.Aborted, graph.Running, graph.Covered, graph.Partly, graph.Missed, graph.Taken, graph.Unreached} {
		fill, stroke := p.marks[class][0], p.marks[class][1]
		if fill != "" {
			rule("."+class+">.box", "fill:"+fill+";stroke:"+stroke)
			rule("."+class+">.stripe", "fill:"+stroke)
		}
		rule(".edge."+class+">.line", "stroke:"+stroke)
		rule(".edge."+class+">.tip", "fill:"+stroke)
	}
	rule(".unreached>.box", "stroke:"+p.marks[graph.Unreached][1])
	rule(".unreached>.stripe", "fill:"+p.marks[graph.Unreached][1])
	rule(".unreached>.name,.gostates-graph .unreached>.detail,.gostates-graph .edge.unreached text", "fill:"+p.muted)
	return b.String()
}
