package stepfunctions

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// defaultPage is how many results a page has when the request does not say (documented).
const defaultPage = 100

// pageSize returns the size of a page for a maxResults, where 0 stands for the default.
func pageSize(maxResults int) int {
	if maxResults == 0 {
		return defaultPage
	}
	return maxResults
}

// A pager makes the tokens of the pages of one list. Those of another list are good for
// nothing.
type pager string

// digest returns the beginning of the tokens, without the bit that would have some begin with
// a hyphen, as options do on command lines.
func (p pager) digest() string {
	sum := sha256.Sum256([]byte(p))
	sum[0] &^= 1 << 7
	return string(sum[:8])
}

// token returns the token of the page after a position.
func (p pager) token(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.digest() + position))
}

// position returns the position in a token; "" for no token.
func (p pager) position(token *string) (string, error) {
	if token == nil {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if position, ok := strings.CutPrefix(string(text), p.digest()); err == nil && ok && position != "" {
		return position, nil
	}
	return "", errToken
}

// page returns the items after a position, as many as fit on a page, and the token of the
// next page. positionOf returns the position of an item.
func page[T any](p pager, items []T, maxResults int, token *string, positionOf func(*T) string) ([]T, string, error) {
	after, err := p.position(token)
	if err != nil {
		return nil, "", err
	}
	if after != "" {
		at := -1
		for i := range items {
			if positionOf(&items[i]) == after {
				at = i
			}
		}
		if at < 0 {
			return nil, "", errToken // it was deleted meanwhile
		}
		items = items[at+1:]
	}
	size := pageSize(maxResults)
	if len(items) <= size {
		return items, "", nil
	}
	return items[:size], p.token(positionOf(&items[size-1])), nil
}
