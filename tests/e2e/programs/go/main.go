// A function built with AWS's own library for Go, for tests/e2e/test_provided.py.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Do   string `json:"do"`
	Code int    `json:"code"`
}

var count = 0

func handle(ctx context.Context, event request) (any, error) {
	count++
	switch event.Do {
	case "error":
		return nil, errors.New("boom")
	case "panic":
		panic("lost")
	case "exit":
		os.Exit(event.Code)
	case "stream":
		reader, writer := io.Pipe()
		go pour(writer)
		return reader, nil
	}
	fmt.Println("working")
	about, _ := lambdacontext.FromContext(ctx)
	_, hasDeadline := ctx.Deadline()
	return map[string]any{"count": count, "id": about.AwsRequestID, "deadline": hasDeadline}, nil
}

// The last piece is written when the endpoint has answered, and then the stream breaks.
func pour(writer *io.PipeWriter) {
	fmt.Fprint(writer, "first")
	if answer, err := http.Get(os.Getenv("AWS_ENDPOINT_URL")); err == nil {
		answer.Body.Close()
	}
	fmt.Fprint(writer, "last")
	writer.CloseWithError(errors.New("midway"))
}

func main() { lambda.Start(handle) }
