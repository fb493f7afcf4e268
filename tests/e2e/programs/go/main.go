// A function built with AWS's own library for Go, for tests/e2e/test_provided.py.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Do   string `json:"do"`
	Code int    `json:"code"`
}

var count = 0

func handle(ctx context.Context, event request) (map[string]any, error) {
	count++
	switch event.Do {
	case "error":
		return nil, errors.New("boom")
	case "panic":
		panic("lost")
	case "exit":
		os.Exit(event.Code)
	}
	fmt.Println("working")
	about, _ := lambdacontext.FromContext(ctx)
	_, hasDeadline := ctx.Deadline()
	return map[string]any{"count": count, "id": about.AwsRequestID, "deadline": hasDeadline}, nil
}

func main() { lambda.Start(handle) }
