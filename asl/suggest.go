package asl

import "strings"

// Nearest returns the name that a misspelt one was probably meant to be, "" when none is
// near: the fewest edits win, case aside, and more than a third of the letters changed is
// too far. Of equally near names the first wins.
func Nearest(name string, names []string) string { return new(speller).nearest(name, names) }

// A speller finds the names that misspelt ones were meant to be. It has a budget,
// so that a definition full of wrong names costs no more than a moment.
type speller struct{ spent int }

// spellingBudget is how many pairs of letters a speller compares at most.
const spellingBudget = 20_000_000

// nearest does what Nearest does, and returns "" once the budget is spent.
func (s *speller) nearest(name string, names []string) string {
	best, bestDistance := "", len(name)/3+1
	for _, candidate := range names {
		switch {
		case candidate == name:
			continue
		case strings.EqualFold(candidate, name):
			return candidate
		}
		if s.spent += len(name) * len(candidate); s.spent > spellingBudget {
			return ""
		}
		if d := editDistance(strings.ToLower(name), strings.ToLower(candidate), bestDistance); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b. It gives up, with limit, once there are more.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
