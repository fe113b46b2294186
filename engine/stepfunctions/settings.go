package stepfunctions

import (
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
)

// loggingConfiguration is as requests and answers have it.
type loggingConfiguration struct {
	Level                engine.LogLevel  `json:"level"`
	IncludeExecutionData bool             `json:"includeExecutionData"`
	Destinations         []logDestination `json:"destinations,omitzero"`
}

type logDestination struct {
	LogGroup logGroup `json:"cloudWatchLogsLogGroup"`
}

type logGroup struct {
	ARN string `json:"logGroupArn"`
}

type tracingConfiguration struct {
	Enabled bool `json:"enabled"`
}

type encryptionConfiguration struct {
	Type        string `json:"type"`
	KeyID       string `json:"kmsKeyId,omitempty"`
	ReusePeriod int    `json:"kmsDataKeyReusePeriodSeconds,omitempty"`
}

// givenSettings are the settings of a machine that a request names.
type givenSettings struct {
	RoleArn                 *string
	LoggingConfiguration    *loggingConfiguration
	TracingConfiguration    *tracingConfiguration
	EncryptionConfiguration *encryptionConfiguration
	Publish                 bool
	VersionDescription      *string
}

// options returns the settings as package registry takes them.
func (s *givenSettings) options() ([]registry.Option, error) {
	var options []registry.Option
	if s.RoleArn != nil {
		if !isRole(*s.RoleArn) {
			return nil, &apiError{Code: "InvalidArn", Message: "Invalid Role Arn: '" + *s.RoleArn + "'"}
		}
		options = append(options, registry.Role(*s.RoleArn))
	}
	if l := s.LoggingConfiguration; l != nil {
		if l.Level == "" {
			l.Level = engine.LogOff
		}
		// Measured for levels that log. Log groups themselves are not looked up.
		if n := len(l.Destinations); n > 1 || l.Level != engine.LogOff && n == 0 {
			return nil, &apiError{Code: "InvalidLoggingConfiguration", Message: "Invalid Logging Configuration: Must specify exactly one Log Destination."}
		}
		to := registry.LoggingConfiguration{LogOptions: engine.LogOptions{Level: l.Level, IncludeExecutionData: l.IncludeExecutionData}}
		if l.Destinations != nil {
			to.Destinations = []string{}
		}
		for _, d := range l.Destinations {
			to.Destinations = append(to.Destinations, d.LogGroup.ARN)
		}
		options = append(options, registry.Logging(to))
	}
	if t := s.TracingConfiguration; t != nil {
		options = append(options, registry.Tracing(t.Enabled))
	}
	if s.EncryptionConfiguration != nil {
		by, err := s.EncryptionConfiguration.key()
		if err != nil {
			return nil, err
		}
		options = append(options, registry.Encryption(by))
	}
	switch {
	case s.Publish:
		options = append(options, registry.Published(text(s.VersionDescription)))
	case s.VersionDescription != nil: // measured
		return nil, invalid("Version description can only be set when publish is true")
	}
	return options, nil
}

// key returns the key that a configuration names. The period is documented to be 300
// seconds unless it is given; what AWS says of a key that is missing is a guess.
func (c *encryptionConfiguration) key() (engine.EncryptionConfiguration, error) {
	if c.Type == engine.OwnedKey {
		return engine.EncryptionConfiguration{Type: engine.OwnedKey}, nil
	}
	if c.KeyID == "" {
		return engine.EncryptionConfiguration{}, &apiError{Code: "InvalidEncryptionConfiguration", Message: "Invalid Encryption Configuration: kmsKeyId must be specified with " + c.Type}
	}
	period := c.ReusePeriod
	if period == 0 {
		period = 300
	}
	return engine.EncryptionConfiguration{Type: c.Type, KeyID: c.KeyID, ReusePeriod: period}, nil
}

// isRole reports whether a text may be the ARN of a role. What AWS says of others is known
// from another implementation of its API only.
func isRole(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/")
}

// shownSettings are the settings of a machine as answers show them.
type shownSettings struct {
	RoleARN    string                  `json:"roleArn"`
	Logging    loggingConfiguration    `json:"loggingConfiguration"`
	Tracing    tracingConfiguration    `json:"tracingConfiguration"`
	Encryption encryptionConfiguration `json:"encryptionConfiguration"`
}

// shown returns settings as answers show them, with AWS's defaults where a machine was
// registered without them.
func (h *Handler) shown(s registry.Settings, role string) shownSettings {
	shown := shownSettings{
		RoleARN:    role,
		Logging:    loggingConfiguration{Level: engine.LogOff},
		Tracing:    tracingConfiguration{s.Tracing},
		Encryption: shownKey(s.Encryption),
	}
	if role == "" {
		shown.RoleARN = h.engine.RoleARN()
	}
	if l := s.Logging; l != nil {
		shown.Logging = loggingConfiguration{Level: l.Level, IncludeExecutionData: l.IncludeExecutionData}
		if l.Destinations != nil {
			shown.Logging.Destinations = []logDestination{}
		}
		for _, arn := range l.Destinations {
			shown.Logging.Destinations = append(shown.Logging.Destinations, logDestination{logGroup{arn}})
		}
	}
	return shown
}

func shownKey(k *engine.EncryptionConfiguration) encryptionConfiguration {
	if k == nil {
		return encryptionConfiguration{Type: engine.OwnedKey}
	}
	return encryptionConfiguration{k.Type, k.KeyID, k.ReusePeriod}
}
