// Package httptask does the tasks of arn:aws:states:::http:invoke with package net/http.
//
//	tasks.Handle("arn:aws:states:::http:invoke", &httptask.Handler{
//		Connections: httptask.ConnectionMap{
//			"arn:aws:events:eu-west-1:123456789012:connection/crm/0d2c": {
//				Authorization: httptask.APIKey{Name: "X-API-Key", Value: os.Getenv("CRM_KEY")},
//			},
//		},
//	})
//
// A definition says what is sent, by the fields that AWS documents: ApiEndpoint, Method,
// Headers, QueryParameters, RequestBody, Transform, and the ARN of a connection in
// Authentication or InvocationConfig. Connections, with the secrets in them, come from
// [Handler.Connections] and never from a definition.
//
// # What a definition can reach
//
// A definition may come from somebody else than who runs it. So a Handler connects to public
// addresses only: loopback, private, link-local and other special addresses are refused unless
// [Handler.Allow] has them. It is the address that is checked to which a connection is really
// made, each time that one is made, so neither a name that resolves to something else the
// second time nor a redirect leads past the check. For the same reason proxies of the
// environment are not used. The scheme is https, also after a redirect, unless
// [Handler.PlainHTTP] allows http. What comes from the connection is not sent on to another
// origin that a redirect names.
//
// # Errors
//
//	States.Http.StatusCode.NNN     the answer is not 2xx; the cause is its body
//	States.Http.Socket             there was no whole answer within Handler.Timeout
//	States.DataLimitExceeded       the body has more than 262,144 bytes
//	States.Runtime                 the request can't be made as it is described, the address is
//	                               refused, or the answer is an image, a video, audio or bytes
//	Events.ConnectionResource.X    the connection can't be had
//
// # Where things stand
//
//	Handler, redirects       httptask.go
//	what is sent             request.go, encoding.go
//	what comes back          response.go
//	connections              connection.go, oauth.go
//	addresses                address.go
package httptask
