// Command media works on films that were uploaded. It reads their metadata, and then makes
// thumbnails, a smaller copy and tags side by side, and publishes the result.
//
// The copy is made by a transcoder that knows nothing of executions: it takes messages from a
// queue and calls back with the Task Token that is in them. The queue and the table of films
// are those of AWS in the definition, and Go functions here. Films are animated GIFs, so all
// that is done is really done.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/integration"
)

//go:embed media.asl.json
var definition string

func main() {
	machine, err := asl.Parse(definition)
	if err != nil {
		log.Fatal(err)
	}
	shelf := &shelf{files: map[string][]byte{
		"sunset.gif": film(12, "red", "orange", "black"),
		"forest.gif": film(20, "green", "brown"),
		"photo.gif":  film(1, "blue"),
		"notes.gif":  []byte("not a picture at all"),
	}}
	queue := make(chan Message, 8)

	tasks := engine.NewMux()
	tasks.Handle("read-metadata", engine.Func(shelf.readMetadata))
	tasks.Handle("make-thumbnail", engine.Func(shelf.makeThumbnail))
	tasks.Handle("tag", engine.Func(shelf.tag))
	tasks.Handle("arn:aws:states:::sqs:*", sqs(queue))
	tasks.Handle("arn:aws:states:::dynamodb:*", integration.Func(shelf.dynamodb))
	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		transcode(eng, shelf, queue)
	}()

	ctx := context.Background()
	for _, name := range []string{"sunset.gif", "forest.gif", "photo.gif", "notes.gif", "lost.gif"} {
		run, err := eng.StartExecution(ctx, machine, Film{Name: name}, engine.Machine("media"))
		if err != nil {
			log.Fatal(err)
		}
		result, err := run.Wait(ctx)
		if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
			fmt.Printf("%s\n  %s: %s: %s\n", name, failed.Status, failed.Name, failed.Cause)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		var o Outcome
		if err := result.Decode(&o); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n  %d frames of %dx%d, %.1f s\n", name, o.Metadata.Frames, o.Metadata.Width, o.Metadata.Height, o.Metadata.Seconds)
		fmt.Printf("  thumbnails: %v\n  copy: %s, %dx%d\n  tags: %v\n", o.Work.Thumbnails, o.Work.Copy.Film, o.Work.Copy.Width, o.Work.Copy.Height, o.Work.Tags)
	}
	close(queue)
	<-done
	fmt.Printf("published: %v\n", shelf.published())
}

// An Outcome is the part of the execution's output that is shown.
type Outcome struct {
	Metadata Metadata `json:"metadata"`
	Work     struct {
		Thumbnails []string `json:"thumbnails"`
		Copy       Copy     `json:"copy"`
		Tags       []string `json:"tags"`
	} `json:"work"`
}
