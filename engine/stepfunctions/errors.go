package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
)

// An apiError is an answer that is an error of the API. AWS gives every error of the model
// the status 400.
type apiError struct {
	Code     string `json:"__type"`
	Message  string `json:"message"`
	Reason   string `json:"reason,omitempty"`       // of a ValidationException
	Resource string `json:"resourceName,omitempty"` // of ResourceNotFound and TooManyTags
	status   int    // 0 for 400
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

// The reasons of a ValidationException.
const (
	reasonRouting = "INVALID_ROUTING_CONFIGURATION"
	reasonMissing = "MISSING_REQUIRED_PARAMETER"
)

func invalid(message string) error { return &apiError{Code: "ValidationException", Message: message} }

// An unrecognized operation, and what stands in the way of any operation.
var (
	errUnknown  = &apiError{Code: "UnknownOperationException", Message: "The requested operation is not known to the service."}
	errTooLarge = &apiError{Code: "RequestEntityTooLargeException", Message: "The request is too large.", status: http.StatusRequestEntityTooLarge}
	errToken    = &apiError{Code: "InvalidToken", Message: "Invalid Token: 'Invalid token'"}
)

// registryErrors are the errors of package registry, all of whose texts begin with AWS's
// names for them.
var registryErrors = []error{
	registry.ErrStateMachineAlreadyExists, registry.ErrResourceNotFound, registry.ErrResourceConflict,
	registry.ErrServiceQuotaExceeded, registry.ErrTooManyTags, registry.ErrInvalidRequest,
}

// asAPIError returns an error as the API reports it. name is the one that the request gave a
// resource.
func asAPIError(err error, name string) *apiError {
	if api, ok := errors.AsType[*apiError](err); ok {
		return api
	}
	if _, failed := errors.AsType[*engine.StoreError](err); failed {
		// Clients try again: the store may work then.
		return &apiError{Code: "InternalServerError", Message: err.Error(), status: http.StatusInternalServerError}
	}
	switch {
	case errors.Is(err, engine.ErrTestCaseDoesNotExist):
		// What AWS's own tool says is not known.
		return &apiError{Code: "InvalidName", Message: "Invalid Name: " + strings.TrimPrefix(err.Error(), "engine: ")}
	case errors.Is(err, engine.ErrInvalidName):
		return &apiError{Code: "InvalidName", Message: "Invalid Name: '" + name + "'"}
	case errors.Is(err, engine.ErrInvalidPage):
		return errToken // the sizes of pages were checked before
	case errors.Is(err, engine.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &apiError{Code: "ServiceUnavailableException", Message: "The engine is closed.", status: http.StatusServiceUnavailable}
	}
	if code, text, ok := engine.APIError(err); ok {
		return &apiError{Code: code, Message: text}
	}
	for _, known := range registryErrors {
		if errors.Is(err, known) {
			return &apiError{Code: known.Error(), Message: strings.TrimPrefix(err.Error(), known.Error()+": ")}
		}
	}
	if resource, ok := errors.AsType[*engine.ResourceError](err); ok {
		// AWS accepts a machine whose resources there are not, and has no error for a
		// program that has no handler for one.
		return &apiError{Code: "ValidationException", Message: resource.Error()}
	}
	return &apiError{Code: "ValidationException", Message: err.Error()}
}

// writeError answers with an error.
func writeError(w http.ResponseWriter, err *apiError) {
	status := err.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	text, bad := json.Marshal(err)
	if bad != nil {
		text = []byte(`{"__type":"InternalServerError"}`)
	}
	w.Header().Set("x-amzn-ErrorType", err.Code)
	writeJSON(w, status, text)
}
