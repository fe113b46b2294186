// Package registry registers state machines under names, with versions and aliases as
// AWS Step Functions has them:
//
//	eng, err := engine.New(engine.Config{Resolver: tasks, Store: sqlite.Open("orders.db")})
//	machines := registry.New(eng)
//	_, err = machines.Create(ctx, "orders", machine)
//	v1, err := machines.Publish(ctx, "orders", registry.PublishOptions{})
//	_, err = machines.CreateAlias(ctx, "orders:PROD", "", registry.Route{Version: v1.Number, Weight: 100})
//	run, err := machines.StartExecution(ctx, "orders:PROD", order, engine.Named("order-42"))
//
// A reference is the name of a machine, such as "orders"; the name of a machine, a colon
// and the number of a version, "orders:1"; the name of a machine, a colon and the name of
// an alias, "orders:PROD"; or an ARN that ends in one of these.
//
// An execution keeps the definition that it started with, also when the machine is
// updated or deleted afterwards.
//
// The machines are kept in the documents of the engine ([engine.Engine.Documents]): with
// an engine.Config.Store that is a [store.DocumentStore] they are durable; with a Store
// that is none, every method returns an error that is [errors.ErrUnsupported]; without a
// Store they are gone with the engine.
//
// Options of [Registry.Create] and [Registry.Update] give a machine its [Settings]: a type,
// a role, logging, tracing, a key. They belong to a revision as the definition does, so a
// version and an execution keep those that they began with. A start can say otherwise of
// the logging, and of the type of a machine that has none.
//
// Where things stand:
//
//	register, update, delete, find  registry.go, also the executions of a machine
//	what users get to see; entries  registered.go
//	names and ARNs of machines      reference.go
//	definitions                     definitions.go
//	type, role, logging and the like settings.go
//	versions                        version.go
//	aliases                         alias.go
//	tags                            tags.go
//	start executions                start.go
//	errors                          errors.go
package registry
