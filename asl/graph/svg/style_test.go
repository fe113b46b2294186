package svg

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// luminance is that of WCAG, for a colour as "#rrggbb".
func luminance(t *testing.T, color string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestContrast: texts can be read on everything they stand on, and lines be seen, as WCAG
// asks: 4.5 for texts, 3 for lines and shapes that tell something.
func TestContrast(t *testing.T) {
	for name, p := range map[string]palette{"light": light, "dark": dark} {
		grounds := []string{p.paper, p.node, p.frame}
		for _, m := range p.marks {
			if m[0] != "" {
				grounds = append(grounds, m[0])
			}
		}
		for _, ground := range grounds {
			require.GreaterOrEqual(t, contrast(t, p.ink, ground), 7.0, "%s: text on %s", name, ground)
			require.GreaterOrEqual(t, contrast(t, p.muted, ground), 4.5, "%s: small text on %s", name, ground)
		}
		require.GreaterOrEqual(t, contrast(t, p.paper, p.ink), 7.0, "%s: text of a badge", name)
		for _, ground := range []string{p.paper, p.frame} {
			require.GreaterOrEqual(t, contrast(t, p.line, ground), 3.0, "%s: lines on %s", name, ground)
			for kind, color := range p.types {
				require.GreaterOrEqual(t, contrast(t, color, ground), 3.0, "%s: %s on %s", name, kind, ground)
			}
			for class, m := range p.marks {
				if class != "unreached" { // is to stand back
					require.GreaterOrEqual(t, contrast(t, m[1], ground), 3.0, "%s: %s on %s", name, class, ground)
				}
			}
		}
	}
}

func TestLines(t *testing.T) {
	f := font{10, false}
	for text, want := range map[string][]string{
		"":                                nil,
		"one two three":                   {"one two", "three"},
		"Sqs.ConditionalCheckFail":        {"Sqs.", "Conditional", "CheckFail"},
		"arn:aws:states:::x":              {"arn:aws:", "states:::x"},
		"a\n\tb":                          {"a b"},
		"iiiiiiiiiiiiiiiiiiiiiiiiiiiiiii": {"iiiiiiiiiiiiiiiiiiiiiii", "iiiiiiii"},
		"漢字漢字漢字漢字":                        {"漢字漢字漢", "字漢字"},
		"one two three four five six seven eight": {"one two", "three four", "five six…"},
		"\xff\xfe": {"\uFFFD"},
	} {
		require.Equal(t, want, f.lines(text, 52, 3), "%q", text)
	}
}
