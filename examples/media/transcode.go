package main

import (
	"context"
	"encoding/json"
	"log"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/integration"
)

// A Message asks for a smaller copy of a film. Whoever makes it sends the token back.
type Message struct {
	Film  string `json:"film"`
	Width int    `json:"width"`
	Token string `json:"token"`
}

// A Copy is what the transcoder has made.
type Copy struct {
	Film   string `json:"film"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// sqs stands for Amazon SQS, with one queue. That a message is in the queue ends no task that
// waits for its token.
func sqs(queue chan<- Message) integration.Func {
	return func(ctx context.Context, call integration.Call) (any, error) {
		var in struct{ QueueUrl, MessageBody string }
		if err := call.Decode(&in); err != nil {
			return nil, err
		}
		var m Message
		if err := json.Unmarshal([]byte(in.MessageBody), &m); err != nil {
			return nil, &integration.Error{Code: "InvalidMessageContents", Message: err.Error()}
		}
		select {
		case queue <- m:
			return map[string]string{"MessageId": call.Task.IdempotencyKey}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// transcode makes the copies that messages ask for, until the queue is closed.
func transcode(eng *engine.Engine, shelf *shelf, queue <-chan Message) {
	ctx := context.Background()
	for m := range queue {
		made, err := shelf.shrink(m.Film, m.Width)
		if err != nil {
			err = eng.SendTaskFailure(ctx, m.Token, "UnknownFormat", err.Error())
		} else {
			err = eng.SendTaskSuccess(ctx, m.Token, made)
		}
		if err != nil {
			log.Print(err)
		}
	}
}
