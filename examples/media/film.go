package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"maps"
	"slices"
	"sync"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/integration"
)

// A Film is what tasks are given.
type Film struct {
	Name string `json:"film"`
}

// Metadata is what is known of a film.
type Metadata struct {
	Frames  int     `json:"frames"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Seconds float64 `json:"seconds"`
	Scenes  []int   `json:"scenes"` // frames that thumbnails are made of
}

// A shelf has files by their names, and the films that were published.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
	films []string
}

var names = map[string]color.RGBA{
	"red": {R: 200, A: 255}, "orange": {R: 250, G: 150, A: 255}, "green": {G: 160, A: 255},
	"brown": {R: 120, G: 70, B: 20, A: 255}, "blue": {B: 220, A: 255}, "black": {A: 255},
}

// film draws a film in which a bar of each colour passes.
func film(frames int, colours ...string) []byte {
	var palette color.Palette
	for _, c := range colours {
		palette = append(palette, names[c])
	}
	g := &gif.GIF{}
	for n := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 64, 48), palette)
		for y := range 48 {
			for x := range 64 {
				p.SetColorIndex(x, y, uint8((x+n)/16%len(palette)))
			}
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		panic(err) // which no film of this program does
	}
	return b.Bytes()
}

// open decodes a film.
func (s *shelf) open(name string) (*gif.GIF, error) {
	s.mu.Lock()
	file, ok := s.files[name]
	s.mu.Unlock()
	if !ok {
		return nil, &engine.TaskError{Name: "NoSuchFile", Cause: name}
	}
	g, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		return nil, &engine.TaskError{Name: "NotAFilm", Cause: err.Error()}
	}
	return g, nil
}

func (s *shelf) put(name string, file []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name] = file
}

func (s *shelf) readMetadata(_ context.Context, f Film) (Metadata, error) {
	g, err := s.open(f.Name)
	if err != nil {
		return Metadata{}, err
	}
	m := Metadata{Frames: len(g.Image), Width: g.Config.Width, Height: g.Config.Height}
	for i, hundredths := range g.Delay {
		m.Seconds += float64(hundredths) / 100
		if i%8 == 0 {
			m.Scenes = append(m.Scenes, i)
		}
	}
	return m, nil
}

func (s *shelf) makeThumbnail(_ context.Context, in struct {
	Film
	Frame int `json:"frame"`
}) (string, error) {
	g, err := s.open(in.Name)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, small(g.Image[in.Frame], 16)); err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s-%d.png", in.Name, in.Frame)
	s.put(name, b.Bytes())
	return name, nil
}

// small returns a picture with another width, and a height that goes with it.
func small(p *image.Paletted, width int) *image.Paletted {
	size := p.Bounds().Size()
	to := image.NewPaletted(image.Rect(0, 0, width, size.Y*width/size.X), p.Palette)
	for y := range to.Rect.Dy() {
		for x := range width {
			to.SetColorIndex(x, y, p.ColorIndexAt(x*size.X/width, y*size.X/width))
		}
	}
	return to
}

// shrink makes a copy of a film with another width.
func (s *shelf) shrink(name string, width int) (Copy, error) {
	g, err := s.open(name)
	if err != nil {
		return Copy{}, err
	}
	to := &gif.GIF{Delay: g.Delay}
	for _, p := range g.Image {
		to.Image = append(to.Image, small(p, width))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, to); err != nil {
		return Copy{}, err
	}
	made := Copy{Film: "small-" + name, Width: width, Height: to.Image[0].Rect.Dy()}
	s.put(made.Film, b.Bytes())
	return made, nil
}

// tag names the colours of a film, in alphabetical order.
func (s *shelf) tag(_ context.Context, f Film) ([]string, error) {
	g, err := s.open(f.Name)
	if err != nil {
		return nil, err
	}
	tags := map[string]bool{}
	for name, c := range names {
		for _, i := range g.Image[0].Pix {
			if g.Image[0].Palette[i] == color.Color(c) {
				tags[name] = true
				break
			}
		}
	}
	return slices.Sorted(maps.Keys(tags)), nil
}

// dynamodb stands for Amazon DynamoDB, with one table.
func (s *shelf) dynamodb(_ context.Context, call integration.Call) (any, error) {
	var in struct {
		TableName string
		Item      map[string]struct{ S string }
	}
	if err := call.Decode(&in); err != nil {
		return nil, err
	}
	if call.Action != "putItem" || in.TableName != "films" {
		return nil, &integration.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.films = append(s.films, in.Item["film"].S)
	return nil, nil
}

// published returns the films that were published, in alphabetical order.
func (s *shelf) published() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.films))
}
