package engine

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/gostates/gostates/states"
)

// Page sizes, as AWS has them.
const (
	defaultPage = 100
	maxPage     = 1_000
)

// ListOptions choose executions and one page of them.
type ListOptions struct {
	// Machine is the machine's name or ARN; empty for all machines. That of a version,
	// "orders:3", or of an alias, "orders:PROD", is for what was started by it.
	Machine string
	// Status is the status they have; empty for any.
	Status states.Status
	// MaxResults bounds the page: 1 to 1,000, default 100.
	MaxResults int
	// NextToken is the token of the page before; empty for the first.
	NextToken string
}

// A Page is some of the executions that were asked for.
type Page struct {
	Executions []Summary
	// NextToken asks for the page after this one; empty on the last.
	NextToken string
}

// List returns Standard executions, those that started last first. What starts
// while the pages are read is on none of them; what ends moves on none. It returns
// [ErrInvalidPage] for a bad page size or token, and a [*StoreError].
func (e *Engine) List(ctx context.Context, options ListOptions) (*Page, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	size, err := pageSize(options.MaxResults)
	if err != nil {
		return nil, err
	}
	return e.archive.list(&options, size)
}

// wantedARN returns the ARN that executions are asked for by.
func (e *Engine) wantedARN(machine string) string {
	if machine == "" || strings.HasPrefix(machine, "arn:") {
		return machine
	}
	return e.MachineARN(machine)
}

func pageSize(n int) (int, error) {
	switch {
	case n == 0:
		return defaultPage, nil
	case n < 1 || n > maxPage:
		return 0, fmt.Errorf("%w: MaxResults is %d, it must be between 1 and %d", ErrInvalidPage, n, maxPage)
	}
	return n, nil
}

// pageToken makes a token that leads to the page after position n.
func pageToken(kind string, n uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + strconv.FormatUint(n, 10)))
}

// storePage makes a token of a store's.
func storePage(next string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("store:" + next))
}

// readStorePage returns the store's token in a token, "" for an empty one.
func readStorePage(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	if text, err := base64.RawURLEncoding.DecodeString(token); err == nil {
		if next, ok := strings.CutPrefix(string(text), "store:"); ok && next != "" {
			return next, nil
		}
	}
	return "", fmt.Errorf("%w: NextToken is not that of an earlier page", ErrInvalidPage)
}

// readPageToken returns the position in a token, 0 for an empty one.
func readPageToken(kind, token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		if number, ok := strings.CutPrefix(string(text), kind+":"); ok {
			if n, err := strconv.ParseUint(number, 10, 63); err == nil && n > 0 {
				return n, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: NextToken is not that of an earlier page", ErrInvalidPage)
}
