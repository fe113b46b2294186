package registry

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// A Registered is a state machine in a [Registry], as it was when a method returned it.
type Registered struct {
	// Name is the name of the machine, and ARN is
	// arn:aws:states:REGION:ACCOUNT:stateMachine:NAME.
	Name, ARN string
	// Definition is the SHA-256 of the current definition's text, in hexadecimal.
	// [Registry.Machine] has the definition itself.
	Definition string
	// Settings are what the machine has besides.
	Settings
	// Revision changes with the definition and the settings. It is [InitialRevision] until the first
	// update, then a UUID. (AWS doesn't show the initial revision.)
	Revision string
	// CreationDate and UpdateDate are in the time of the engine's clock. An update
	// that changes nothing doesn't count.
	CreationDate, UpdateDate time.Time
	// Versions has the versions, the newest first.
	Versions []Version
	// Aliases has the aliases, the oldest first. (Measured on AWS, whose documentation
	// says the newest first.)
	Aliases []Alias
	// Tags are the tags of the machine; versions and aliases have none.
	Tags map[string]string
}

// InitialRevision is the revision of a machine before its first update.
const InitialRevision = "INITIAL"

// A Version is a revision of a machine that is kept under a number and never changes.
type Version struct {
	// Number counts up from 1. No later version of the machine gets the same number.
	Number int
	// ARN is the ARN of the machine, a colon and the number.
	ARN string
	// Description is the description that the version was published with.
	Description string
	// Definition and Revision are those that the machine had when the version was
	// published.
	Definition, Revision string
	// Settings are those that the machine had then.
	Settings
	// CreationDate is in the time of the engine's clock.
	CreationDate time.Time
}

// An Alias is a name for one or two versions of a machine. Executions that are started by
// the alias are spread over its versions by chance.
type Alias struct {
	// Name is the name of the alias, and ARN is the ARN of the machine, a colon and the
	// name.
	Name, ARN string
	// Description is for people.
	Description string
	// Routes has one route or two.
	Routes []Route
	// CreationDate and UpdateDate are in the time of the engine's clock.
	CreationDate, UpdateDate time.Time
}

// A Route says which share of the executions that are started by an alias goes to a
// version.
type Route struct {
	// Version is the number of the version.
	Version int `json:"version"`
	// Weight is a percentage, 0 to 100; the weights of an alias add up to 100.
	Weight int `json:"weight"`
}

// An entry is the document of a registered machine.
type entry struct {
	Definition string            `json:"definition"`
	Settings   Settings          `json:"settings,omitzero"`
	Revision   string            `json:"revision"`
	Created    time.Time         `json:"created"`
	Updated    time.Time         `json:"updated"`
	Published  int               `json:"published,omitempty"` // the highest number of a version so far
	Versions   []versionEntry    `json:"versions,omitempty"`  // in the order of their numbers
	Aliases    []aliasEntry      `json:"aliases,omitempty"`   // in the order of their creation
	Tags       map[string]string `json:"tags,omitempty"`
}

type versionEntry struct {
	Number      int       `json:"number"`
	Description string    `json:"description,omitempty"`
	Definition  string    `json:"definition"`
	Settings    Settings  `json:"settings,omitzero"`
	Revision    string    `json:"revision"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated,omitzero"` // of the revision
}

type aliasEntry struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Routes      []Route   `json:"routes"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
}

// readEntry reads the document of a machine.
func readEntry(text string) (*entry, error) {
	m := new(entry)
	return m, json.Unmarshal([]byte(text), m)
}

// text writes the document.
func (m *entry) text() (string, error) {
	text, err := json.Marshal(m)
	return string(text), err
}

// definitions returns the hashes of the definitions that the machine and its versions
// have, each once.
func (m *entry) definitions() []string {
	if m == nil {
		return nil
	}
	all := []string{m.Definition}
	for i := range m.Versions {
		all = append(all, m.Versions[i].Definition)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// version returns a version by its number, nil if there is none.
func (m *entry) version(number int) *versionEntry {
	i := slices.IndexFunc(m.Versions, func(v versionEntry) bool { return v.Number == number })
	if i < 0 {
		return nil
	}
	return &m.Versions[i]
}

// numbered returns the version whose number is the qualifier of a reference, nil if there
// is none.
func (m *entry) numbered(qualifier string) *versionEntry {
	number, err := strconv.Atoi(qualifier)
	if err != nil || strconv.Itoa(number) != qualifier {
		return nil
	}
	return m.version(number)
}

// alias returns an alias by its name, nil if there is none.
func (m *entry) alias(name string) *aliasEntry {
	i := slices.IndexFunc(m.Aliases, func(a aliasEntry) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Aliases[i]
}

// registered returns the machine as users get it.
func (m *entry) registered(name, arn string) *Registered {
	r := &Registered{
		Name: name, ARN: arn, Definition: m.Definition, Settings: m.Settings, Revision: m.Revision,
		CreationDate: m.Created, UpdateDate: m.Updated, Tags: maps.Clone(m.Tags),
	}
	for i := range m.Versions {
		r.Versions = append(r.Versions, m.Versions[i].shown(arn))
	}
	slices.Reverse(r.Versions)
	for i := range m.Aliases {
		r.Aliases = append(r.Aliases, m.Aliases[i].shown(arn))
	}
	return r
}

func (v *versionEntry) shown(machineARN string) Version {
	return Version{
		Number: v.Number, ARN: versionARN(machineARN, v.Number), Description: v.Description,
		Definition: v.Definition, Settings: v.Settings, Revision: v.Revision, CreationDate: v.Created,
	}
}

func (a *aliasEntry) shown(machineARN string) Alias {
	return Alias{
		Name: a.Name, ARN: machineARN + ":" + a.Name, Description: a.Description,
		Routes: slices.Clone(a.Routes), CreationDate: a.Created, UpdateDate: a.Updated,
	}
}

func versionARN(machineARN string, number int) string {
	return machineARN + ":" + strconv.Itoa(number)
}
