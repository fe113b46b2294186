package engine

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Page sizes, as AWS has them.
const (
	defaultPage = 100
	maxPage     = 1_000
)

// pageSize returns the size of a page for the MaxResults of options.
func pageSize(n int) (int, error) {
	switch {
	case n == 0:
		return defaultPage, nil
	case n < 1 || n > maxPage:
		return 0, fmt.Errorf("%w: MaxResults is %d, it must be between 1 and %d", ErrInvalidPage, n, maxPage)
	}
	return n, nil
}

// A query is what the pages of one call have in common: the name of the call and what
// chooses and orders its results. The tokens of its pages are good for no other query.
type query []string

// A token has a digest of the query in its first bytes, and a position after them. It begins
// with a letter, never with the hyphen that would make it an option to command lines.
const digestLength = 8

func (q query) digest() string {
	var text []byte
	for _, part := range q {
		text = append(strconv.AppendInt(text, int64(len(part)), 10), ':')
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	sum[0] &^= 1 << 7
	return string(sum[:digestLength])
}

// token returns the token of the page after a position.
func (q query) token(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(q.digest() + position))
}

// position returns the position in a token, "" for an empty token. It returns
// ErrInvalidPage for a token that no page of this query had.
func (q query) position(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	if text, err := base64.RawURLEncoding.DecodeString(token); err == nil {
		if position, ok := strings.CutPrefix(string(text), q.digest()); ok && position != "" {
			return position, nil
		}
	}
	return "", badToken()
}

// numbered returns the token of the page after a position that is a number.
func (q query) numbered(n uint64) string { return q.token(strconv.FormatUint(n, 10)) }

// number returns the position in a token that numbered made, 0 for an empty token.
func (q query) number(token string) (uint64, error) {
	position, err := q.position(token)
	if err != nil || position == "" {
		return 0, err
	}
	n, err := strconv.ParseUint(position, 10, 63)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != position {
		return 0, badToken()
	}
	return n, nil
}

func badToken() error {
	return fmt.Errorf("%w: NextToken is not that of an earlier page of the same query", ErrInvalidPage)
}
