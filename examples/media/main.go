// Command media works on films that were uploaded together. One machine starts an execution of
// another for each film, three at a time, and gathers what they came to. That of a film reads
// its metadata, then makes thumbnails, a smaller copy and tags side by side, and publishes the
// result. What goes wrong with one film is its own end, and no other's.
//
// The copy is made by a transcoder that knows nothing of executions: it takes messages from a
// queue and calls back with the Task Token that is in them. The queue and the table of films
// are those of AWS in the definitions, and Go functions here; executions are started by the
// engine itself. Films are animated GIFs, so all that is done is really done.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/integration"
	"github.com/gostates/gostates/engine/registry"
)

// The definitions of the machines: of films that were uploaded together, and of each one.
var (
	//go:embed media.asl.json
	mediaDefinition string
	//go:embed film.asl.json
	filmDefinition string
)

func main() {
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

	outcomes, err := work(eng, "sunset.gif", "forest.gif", "photo.gif", "notes.gif", "lost.gif")
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range outcomes {
		fmt.Println(o.Film)
		if o.Ended.Status != "" {
			fmt.Printf("  %s: %s: %s\n", o.Ended.Status, o.Ended.Error, o.Ended.Cause)
			continue
		}
		fmt.Printf("  %d frames of %dx%d, %.1f s\n", o.Metadata.Frames, o.Metadata.Width, o.Metadata.Height, o.Metadata.Seconds)
		fmt.Printf("  thumbnails: %v\n  copy: %s, %dx%d\n  tags: %v\n", o.Work.Thumbnails, o.Work.Copy.Film, o.Work.Copy.Width, o.Work.Copy.Height, o.Work.Tags)
	}
	close(queue)
	<-done
	fmt.Printf("published: %v\n", shelf.published())
}

// work registers the machines, so that one can start the other by its ARN, and runs an execution
// for the films.
func work(eng *engine.Engine, films ...string) (outcomes []Outcome, err error) {
	ctx := context.Background()
	machines := registry.New(eng)
	for name, definition := range map[string]string{"media": mediaDefinition, "film": filmDefinition} {
		machine, err := asl.Parse(definition)
		if err != nil {
			return nil, err
		}
		if _, err := machines.Create(ctx, name, machine); err != nil {
			return nil, err
		}
	}
	run, err := machines.StartExecution(ctx, "media", map[string][]string{"films": films})
	if err != nil {
		return nil, err
	}
	result, err := run.Wait(ctx)
	if err != nil {
		return nil, err
	}
	return outcomes, result.Decode(&outcomes)
}

// An Outcome is the part of a film's output that is shown. Ended is the description of an
// execution that did not succeed.
type Outcome struct {
	Film     string   `json:"film"`
	Metadata Metadata `json:"metadata"`
	Work     struct {
		Thumbnails []string `json:"thumbnails"`
		Copy       Copy     `json:"copy"`
		Tags       []string `json:"tags"`
	} `json:"work"`
	Ended struct{ Status, Error, Cause string } `json:"ended"`
}
