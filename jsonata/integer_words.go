package jsonata

import (
	"math"
	"regexp"
	"strings"
)

var (
	few = []string{
		"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen",
		"Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
	}
	ordinals = []string{
		"Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth", "Eleventh",
		"Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
	}
	tens       = []string{"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"}
	magnitudes = []string{"Thousand", "Million", "Billion", "Trillion"}
)

// words writes a number in English. after says that more significant words
// stand before.
func words(f float64, after, ordinal bool) string {
	switch {
	case f <= 19:
		s := few[int(f)]
		if ordinal {
			s = ordinals[int(f)]
		}
		if after {
			return " and " + s
		}
		return s
	case f < 100:
		s := tens[int(f)/10-2]
		if after {
			s = " and " + s
		}
		rest := int(f) % 10
		switch {
		case rest > 0:
			return s + "-" + words(float64(rest), false, ordinal)
		case ordinal:
			return strings.TrimSuffix(s, "y") + "ieth"
		}
		return s
	case f < 1000:
		s := few[int(f)/100] + " Hundred"
		if after {
			s = ", " + s
		}
		return s + remainder(math.Mod(f, 100), ordinal)
	}
	magnitude := min(int(math.Floor(math.Log10(f)/3)), len(magnitudes))
	factor := math.Pow10(magnitude * 3)
	mantissa := math.Floor(f / factor)
	s := words(mantissa, false, false) + " " + magnitudes[magnitude-1]
	if after {
		s = ", " + s
	}
	return s + remainder(f-mantissa*factor, ordinal)
}

func remainder(f float64, ordinal bool) string {
	switch {
	case f > 0:
		return words(f, true, ordinal)
	case ordinal:
		return "th"
	}
	return ""
}

// wordValues gives the number that each word stands for.
var wordValues = func() map[string]float64 {
	m := map[string]float64{"hundred": 100, "hundredth": 100}
	for i := range few {
		m[strings.ToLower(few[i])] = float64(i)
		m[strings.ToLower(ordinals[i])] = float64(i)
	}
	for i, s := range tens {
		s = strings.ToLower(s)
		m[s] = float64(i+2) * 10
		m[strings.TrimSuffix(s, "y")+"ieth"] = m[s]
	}
	for i, s := range magnitudes {
		s = strings.ToLower(s)
		m[s] = math.Pow10(3 * (i + 1))
		m[s+"th"] = m[s]
	}
	return m
}()

var betweenWords = regexp.MustCompile(`,\s|\sand\s|[\s\-]`)

// fromWords reads a number in English, in lower case.
func fromWords(s string) float64 {
	segments := []float64{0}
	for _, word := range betweenWords.Split(s, -1) {
		v, ok := wordValues[word]
		if !ok {
			return math.NaN()
		}
		last := &segments[len(segments)-1]
		switch {
		case v >= 100:
			*last *= v
		case *last >= 1000:
			segments = append(segments, v)
		default:
			*last += v
		}
	}
	total := 0.0
	for _, s := range segments {
		total += s
	}
	return total
}

var romanNumerals = []struct {
	value float64
	text  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"},
	{5, "v"}, {4, "iv"}, {1, "i"},
}

func roman(f float64) string {
	var b strings.Builder
	for _, n := range romanNumerals {
		times := math.Floor(f / n.value)
		f -= times * n.value
		for range int(times) {
			b.WriteString(n.text)
		}
	}
	return b.String()
}

func fromRoman(s string) float64 {
	values := map[byte]float64{'M': 1000, 'D': 500, 'C': 100, 'L': 50, 'X': 10, 'V': 5, 'I': 1}
	total, most := 0.0, 1.0
	for i := len(s) - 1; i >= 0; i-- {
		v, ok := values[s[i]]
		if !ok {
			return math.NaN()
		}
		if v < most {
			total -= v
		} else {
			most = v
			total += v
		}
	}
	return total
}

// letters counts a to z, then aa, ab and so on.
func letters(f float64) string {
	var out []byte
	for f > 0 {
		out = append(out, 'a'+byte(math.Mod(f-1, 26)))
		f = math.Floor((f - 1) / 26)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}
