package main

import (
	"cmp"
	"errors"
	"path/filepath"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

// register registers the state machines that files have.
func (f *serveFlags) register(cmd *cobra.Command, machines *registry.Registry, files []string, log *zap.Logger) error {
	reader, err := readerOf(f.set)
	if err != nil {
		return err
	}
	for _, name := range files {
		text, err := readFile(name, cmd.InOrStdin())
		if err != nil {
			return err
		}
		file, err := reader.Read(filepath.ToSlash(name), text)
		if err != nil {
			return err
		}
		for _, m := range file.Machines {
			if err := f.registerOne(cmd, machines, name, m, log); err != nil {
				return err
			}
		}
	}
	return nil
}

// registerOne registers a machine, or updates the one of its name.
func (f *serveFlags) registerOne(cmd *cobra.Command, machines *registry.Registry, file string, m *template.Machine, log *zap.Logger) error {
	parsed, err := m.Parse(asl.Parser{Extensions: f.extensions, Type: m.Type})
	if err != nil {
		return err
	}
	for _, a := range m.Assumptions {
		log.Warn("a value that the file does not know", zap.String("file", file), zap.String("machine", m.ID), zap.Any("assumed", a))
	}
	name := cmp.Or(m.Name, m.ID, stemOf(filepath.Base(file)))
	options := []registry.Option{registry.Type(typeOf(m.Type)), registry.Tracing(m.Tracing), registry.Logging(registry.LoggingConfiguration{
		LogOptions:   engine.LogOptions{Level: engine.LogLevel(m.Logging.Level), IncludeExecutionData: m.Logging.IncludeExecutionData},
		Destinations: m.Logging.Groups,
	})}
	if m.Role != "" {
		options = append(options, registry.Role(m.Role))
	}
	registered, err := machines.Create(cmd.Context(), name, parsed, options...)
	if errors.Is(err, registry.ErrStateMachineAlreadyExists) {
		registered, err = machines.Update(cmd.Context(), name, parsed, options[1:]...) // no machine changes its type
	}
	if err != nil {
		return err
	}
	log.Info("registered", zap.String("file", file), zap.String("state_machine_arn", registered.ARN))
	return nil
}

// typeOf returns the name that AWS has for a type of machine.
func typeOf(t asl.MachineType) engine.MachineType {
	if t == asl.Express {
		return engine.TypeExpress
	}
	return engine.TypeStandard
}
