package svg

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// advances are the widths of the characters from ' ' to '~' in Helvetica, in thousandths of
// the size. Arial, Liberation Sans and Arimo have the same.
var advances = [...]int16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// A font is a size and a weight.
type font struct {
	size float64
	bold bool
}

// The fonts of the picture; style.go has the same.
var (
	nameFont   = font{14, true}
	detailFont = font{11.5, false}
	labelFont  = font{11, false}
)

// width returns about how wide a text is. Characters beyond ASCII count as wide as letters,
// those of East Asia and emoji as a square.
func (f font) width(text string) float64 {
	sum := 0
	for _, r := range text {
		switch {
		case r >= ' ' && r <= '~':
			sum += int(advances[r-' '])
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100:
			sum += 1000
		default:
			sum += 600
		}
	}
	if f.bold {
		sum += sum * 7 / 100
	}
	return float64(sum) * f.size / 1000
}

// lines breaks a text into lines that are at most so wide, at spaces, or in words that are
// too long, best after a sign. What does not fit into so many lines ends in "…".
func (f font) lines(text string, width float64, most int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(strings.ToValidUTF8(text, "\uFFFD")) {
		if line != "" && f.width(line+" "+word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for f.width(word) > width {
			n := f.cut(word, width)
			lines = append(lines, word[:n])
			word = word[n:]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > most {
		last := lines[most-1] + "…"
		for f.width(last) > width && len(last) > len("…") {
			runes := []rune(last)
			last = string(runes[:len(runes)-2]) + "…"
		}
		lines = append(lines[:most-1:most-1], last)
	}
	return lines
}

// cut returns how many bytes of a word fit into a width, at least those of one character;
// up to the last sign among them, or up to the capital letter of a part as in "partOfName",
// if those are not near the beginning.
func (f font) cut(word string, width float64) int {
	fits, sign, part, before := 0, 0, 0, ' '
	for i, r := range word {
		end := i + utf8.RuneLen(r)
		if fits > 0 && f.width(word[:end]) > width {
			break
		}
		fits = end
		switch {
		case strings.ContainsRune("-_.:/,;)]}&|$", r):
			sign = end
		case unicode.IsUpper(r) && unicode.IsLower(before):
			part = i
		}
		before = r
	}
	switch {
	case sign > fits/5:
		return sign
	case part > fits/2:
		return part
	}
	return fits
}

// widest returns the width of the widest line.
func (f font) widest(lines []string) float64 {
	width := 0.0
	for _, line := range lines {
		width = max(width, f.width(line))
	}
	return width
}
