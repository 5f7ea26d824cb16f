// Command probe asks one address and says whether it answered well, for images that have no shell and no curl.
//
//	probe http://127.0.0.1:8082/readyz
//
// It ends with 0 if the answer is 200 within three seconds, and with 1 otherwise.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const patience = 3 * time.Second

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	err := probe(ctx, os.Args[1:])
	cancel()
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "probe: %v\n", err)
		os.Exit(1)
	}
}

// probe fails unless the one address that is named answers 200. It follows no
// redirections: whoever is asked answers itself.
func probe(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("which address? (请指明一个地址): probe URL")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil) //nolint:gosec // whoever runs it names the address
	if err != nil {
		return fmt.Errorf("the address: %w", err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r) //nolint:gosec // same
	if err != nil {
		return fmt.Errorf("no answer (没有回应): %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s (回应异常)", answer.Status)
	}
	return nil
}
