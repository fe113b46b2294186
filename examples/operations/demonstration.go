package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/gostates/gostates/engine"
)

// demonstrate has orders of three customers worked off, one of whom has many, and prints what
// the service tells of itself.
func (s *service) demonstrate(ctx context.Context, url string) error {
	var runs []*engine.Execution
	for i := range 60 {
		customer := "ann"
		if i%6 == 4 {
			customer = "bob"
		} else if i%6 == 5 {
			customer = "eve"
		}
		o := order{Order: fmt.Sprintf("order-%d", i+1), Customer: customer, Pages: []int{1, 2, 3}}
		x, err := s.machines.StartExecution(ctx, "prints", o, engine.Named(o.Order))
		if err != nil {
			return err
		}
		runs = append(runs, x)
	}
	if err := show(ctx, url+"/health", ""); err != nil {
		return err
	}
	refused := 0
	for _, x := range runs {
		_, err := x.Wait(ctx)
		if failed, ok := errors.AsType[*engine.ExecutionError](err); ok && failed.Name == "CardRefused" {
			refused++
		} else if err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%d orders are on their way, %d cards were refused\n", len(runs)-refused, refused)
	return show(ctx, url+"/metrics", "executions_")
}

// show prints the lines of a page that have a word in them, and are no comments.
func show(ctx context.Context, url, word string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if line := lines.Text(); strings.Contains(line, word) && !strings.HasPrefix(line, "#") && !strings.Contains(line, "bucket") {
			fmt.Fprintln(os.Stderr, line)
		}
	}
	return lines.Err()
}
