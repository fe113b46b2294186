package registry

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/engine/internal/tags"
)

// Settings are what a machine has besides its definition. Versions keep those that the
// machine had when they were published.
type Settings struct {
	// Type decides what executions of the machine are; empty when it was registered
	// without [Type], so that each start decides.
	Type engine.MachineType `json:"type,omitempty"`
	// RoleARN is what executions say they run as; empty for the engine's.
	RoleARN string `json:"role,omitempty"`
	// Logging is nil when the machine was registered without [Logging].
	Logging *LoggingConfiguration `json:"logging,omitempty"`
	// Tracing is kept and shown, and changes nothing.
	Tracing bool `json:"tracing,omitempty"`
	// Encryption is kept and shown, and encrypts nothing; nil stands for the key that
	// AWS owns.
	Encryption *engine.EncryptionConfiguration `json:"encryption,omitempty"`
}

// A LoggingConfiguration says what the executions of a machine log.
type LoggingConfiguration struct {
	engine.LogOptions
	// Destinations are the ARNs of log groups. They are kept and shown: what is logged
	// goes to the engine's logger.
	Destinations []string
}

// An Option says with what a machine is registered, or what of it is changed.
type Option func(*change)

// A change is what a call of Create or Update asks for.
type change struct {
	set         []func(*Settings)
	named       bool // it has a role
	tags        map[string]string
	publish     bool
	description string
}

// Type says whether executions of the machine are Standard or Express ones. The type of a
// machine does not change: [Registry.Update] returns [ErrInvalidRequest] for another one.
func Type(t engine.MachineType) Option {
	return func(c *change) { c.set = append(c.set, func(s *Settings) { s.Type = t }) }
}

// Role names the role that executions of the machine say they run as.
func Role(arn string) Option {
	return func(c *change) {
		c.named = true
		c.set = append(c.set, func(s *Settings) { s.RoleARN = arn })
	}
}

// Logging says what executions of the machine log, unless their start says otherwise.
func Logging(to LoggingConfiguration) Option {
	return func(c *change) { c.set = append(c.set, func(s *Settings) { s.Logging = &to }) }
}

// Tracing says that executions of the machine are traced.
func Tracing(on bool) Option {
	return func(c *change) { c.set = append(c.set, func(s *Settings) { s.Tracing = on }) }
}

// Encryption names the key of the machine.
func Encryption(by engine.EncryptionConfiguration) Option {
	return func(c *change) { c.set = append(c.set, func(s *Settings) { s.Encryption = &by }) }
}

// Tags gives a machine tags when it is created. [Registry.Update] does not use them.
func Tags(all map[string]string) Option {
	return func(c *change) { c.tags = maps.Clone(all) }
}

// Published publishes a version of what comes of the call, with a description.
func Published(description string) Option {
	return func(c *change) { c.publish, c.description = true, description }
}

// changeOf applies options.
func changeOf(options []Option) (*change, error) {
	var c change
	for i, option := range options {
		if option == nil {
			return nil, fmt.Errorf("%w: option %d of %d is nil", ErrInvalidRequest, i+1, len(options))
		}
		option(&c)
	}
	s := c.apply(Settings{})
	if t := s.Type; t != "" && t != engine.TypeStandard && t != engine.TypeExpress {
		return nil, fmt.Errorf("%w: the type %q is neither %s nor %s", ErrInvalidRequest, t, engine.TypeStandard, engine.TypeExpress)
	}
	if s.Logging != nil {
		switch s.Logging.Level {
		case "", engine.LogOff, engine.LogFatal, engine.LogError, engine.LogAll:
		default:
			return nil, fmt.Errorf("%w: %q is no log level", ErrInvalidRequest, s.Logging.Level)
		}
	}
	if err := checkTags(c.tags); err != nil {
		return nil, err
	}
	if err := tags.Count(c.tags); err != nil {
		return nil, err
	}
	return &c, validDescription(c.description)
}

// apply returns settings with what the change asks for.
func (c *change) apply(s Settings) Settings {
	for _, set := range c.set {
		set(&s)
	}
	return s
}

// sameBut reports whether settings are equal but for the role, which AWS leaves out when it
// compares a machine with one that is created once more (documented).
func (s *Settings) sameBut(other Settings) bool {
	other.RoleARN = s.RoleARN
	return s.same(other)
}

// same reports whether settings are equal.
func (s *Settings) same(other Settings) bool { return s.text() == other.text() }

// text returns the settings as JSON text, in which what is not set is as its default is.
func (s *Settings) text() string {
	whole := *s
	if whole.Logging == nil {
		whole.Logging = new(LoggingConfiguration)
	}
	logging := *whole.Logging
	logging.Level = cmp.Or(logging.Level, engine.LogOff)
	if len(logging.Destinations) == 0 {
		logging.Destinations = nil
	}
	whole.Logging = &logging
	if whole.Encryption == nil {
		whole.Encryption = &engine.EncryptionConfiguration{Type: engine.OwnedKey}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return names.Short(err.Error()) // there is nothing in it that JSON has not
	}
	return string(text)
}

// Terms are what a machine has at the start of an execution, as the engine keeps them with
// the execution: see [Registry.DescribeForExecution].
type Terms struct {
	Settings
	// Revision is that of the machine or the version, and UpdateDate when it came to be.
	Revision   string    `json:"revision"`
	UpdateDate time.Time `json:"updated"`
}

// text returns the terms as JSON.
func (t *Terms) text() (string, error) {
	text, err := json.Marshal(t)
	return string(text), err
}
