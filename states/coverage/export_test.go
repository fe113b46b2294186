package coverage

import "strings"

// Source returns the definitions of a report as its pages show them.
func Source(r *Report) string {
	var lines []string
	for i := range r.Machines {
		for _, line := range r.Machines[i].source() {
			text := ""
			for _, s := range line.Spans {
				text += s.Text
			}
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}
