// Package integration lets Go functions take the place of AWS's services.
//
// A [Func] does the calls of one service or of several, optimised integrations and those of
// aws-sdk alike:
//
//	dynamodb := integration.Func(func(ctx context.Context, call integration.Call) (any, error) {
//		switch call.Action {
//		case "getItem":
//			...
//		}
//		return nil, &integration.Error{Code: "UnknownOperationException", Message: call.Action}
//	})
//	tasks.Handle("arn:aws:states:::dynamodb:*", dynamodb)
//	tasks.Handle("arn:aws:states:::aws-sdk:dynamodb:*", dynamodb)
//
// The function answers as the service's API does, and fails with the service's own errors. What
// Step Functions makes of both is added here, so that a definition finds what it finds on AWS:
//
//   - Answers of optimised integrations get SdkHttpMetadata and SdkResponseMetadata, those of
//     aws-sdk none.
//   - An error is named DynamoDB.ResourceNotFoundException or DynamoDb.ResourceNotFoundException,
//     by the integration that was called, and its cause ends with the service, the status and the
//     request's ID.
//   - Parameters that the service misses fail the call before the function is called, as far as it
//     is known what the service says then: see [Call].
//   - Messages of sqs and sns, and details of events, that are JSON become text.
//   - A putEvents of which an entry is refused fails with EventBridge.FailedEntry.
//   - A .sync job that ends badly, which is a [JobError], is States.TaskFailed with the job's
//     description.
//
// Nothing here talks to AWS. A function that does, with aws-sdk-go-v2, may return the SDK's
// errors as they are: they have all that is needed.
//
// HTTP tasks are done by package httptask, lambda:invoke by the handlers of its functions (see
// [engine.Resolver]).
//
// # Where things stand
//
//	Func, Call, answers           integration.go
//	errors                        errors.go
//	what services are called      service.go
//	SdkHttpMetadata and its kin   metadata.go
//	parameters                    parameters.go
package integration
