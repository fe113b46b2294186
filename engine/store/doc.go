// Package store is the contract between an engine and whatever keeps its executions:
// what a [Store] must do, the records and changes that pass between the two, and the
// errors by which a Store tells what happened.
//
// An engine needs a [Store] only. One that is a [DocumentStore] as well keeps the machines of
// package registry, one that is a [NotificationStore] keeps changes of status until they are
// delivered, and one that is a [MapRunStore] lets machines have distributed Map states. Package
// storetest has all four contracts as tests; package sqlite is a Store in one file.
package store
