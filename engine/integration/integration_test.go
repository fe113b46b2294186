package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/integration"
	"github.com/stretchr/testify/require"
)

const requestID = "e3b0c442-98fc-8c14-9afb-f4c8996fb924" // of no IdempotencyKey

// call does one task and returns its output or its error as one text.
func call(t *testing.T, f integration.Func, resource, input string) string {
	t.Helper()
	v, err := value.Parse(input)
	require.NoError(t, err)
	answer, err := f.Handle(t.Context(), engine.Task{Resource: "arn:aws:states:::" + resource, Input: v})
	if err != nil {
		return err.Error()
	}
	return value.String(answer)
}

func answering(answer any, err error) integration.Func {
	return func(context.Context, integration.Call) (any, error) { return answer, err }
}

// ok are parameters that no service misses anything in.
const ok = `{"TableName":"t","Key":{},"Item":{},"QueueUrl":"q","MessageBody":"m","TopicArn":"t","Message":"m","Entries":[]}`

func TestCalls(t *testing.T) {
	for resource, want := range map[string]string{
		"dynamodb:putItem":                     "dynamodb putItem sdk=false RequestResponse",
		"aws-sdk:dynamodb:putItem":             "dynamodb putItem sdk=true RequestResponse",
		"sqs:sendMessage.waitForTaskToken":     "sqs sendMessage sdk=false WaitForTaskToken",
		"ecs:runTask.sync":                     "ecs runTask sdk=false RunJob",
		"states:startExecution.sync:2":         "states startExecution sdk=false RunJob",
		"aws-sdk:s3:getObject":                 "s3 getObject sdk=true RequestResponse",
		"emr-serverless:startJobRun.sync":      "emr-serverless startJobRun sdk=false RunJob",
		"aws-sdk:s3:copy.waitForTaskToken":     "s3 copy sdk=true WaitForTaskToken",
		"elasticmapreduce:addStep.sync":        "elasticmapreduce addStep sdk=false RunJob",
		"aws-sdk:cloudwatchlogs:describeGroup": "cloudwatchlogs describeGroup sdk=true RequestResponse",
	} {
		got := ""
		call(t, func(_ context.Context, c integration.Call) (any, error) {
			got = fmt.Sprintf("%s %s sdk=%t %s", c.Service, c.Action, c.SDK,
				map[asl.IntegrationPattern]string{asl.RequestResponse: "RequestResponse", asl.RunJob: "RunJob", asl.WaitForTaskToken: "WaitForTaskToken"}[c.Pattern])
			return nil, nil
		}, resource, ok)
		require.Equal(t, want, got, resource)
	}

	_, err := answering(nil, nil).Handle(t.Context(), engine.Task{Resource: "reserve", Input: value.NewObject()})
	require.EqualError(t, err, "States.Runtime: The resource reserve is no service integration.")
	require.Contains(t, call(t, answering(nil, nil), "ecs:runTask", `[]`), "States.Runtime: The parameters of arn:aws:states:::ecs:runTask must be an object")
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::sqs:*", integration.Func(nil))
	require.ErrorContains(t, tasks.Err(), "is nil")
}

// What services are given, where it is not what the definition says.
func TestParameters(t *testing.T) {
	for _, c := range []struct{ resource, input, want string }{
		{"sqs:sendMessage", `{"QueueUrl":"q","MessageBody":{"a":[1]}}`, `{"QueueUrl":"q","MessageBody":"{\"a\":[1]}"}`},
		{"sqs:sendMessage", `{"QueueUrl":"q","MessageBody":"text"}`, `{"QueueUrl":"q","MessageBody":"text"}`},
		{"sqs:sendMessage.waitForTaskToken", `{"QueueUrl":"q","MessageBody":7}`, `{"QueueUrl":"q","MessageBody":"7"}`},
		{"aws-sdk:sqs:sendMessage", `{"QueueUrl":"q","MessageBody":7}`, `{"QueueUrl":"q","MessageBody":7}`},
		{"sns:publish", `{"TopicArn":"t","Message":{"a":1}}`, `{"TopicArn":"t","Message":"{\"a\":1}"}`},
		{"sns:publish", `{"PhoneNumber":"+1","Message":true}`, `{"PhoneNumber":"+1","Message":"true"}`},
		{"events:putEvents", `{"Entries":[{"Detail":{"a":1}},{"Detail":"{}","Resources":["r"]},7,{"Resources":"r"}]}`,
			`{"Entries":[{"Detail":"{\"a\":1}","Resources":["e","m"]},{"Detail":"{}","Resources":["r","e","m"]},7,{"Resources":"r"}]}`},
		{"events:putEvents", `{"Entries":"none"}`, `{"Entries":"none"}`},
		{"dynamodb:getItem", `{"TableName":"t","Key":{"a":{"N":"1"}}}`, `{"TableName":"t","Key":{"a":{"N":"1"}}}`},
	} {
		v, err := value.Parse(c.input)
		require.NoError(t, err)
		before := value.String(v)
		_, err = integration.Func(func(_ context.Context, call integration.Call) (any, error) {
			require.Equal(t, c.want, value.String(call.Parameters), c.resource)
			return nil, nil
		}).Handle(t.Context(), engine.Task{Resource: "arn:aws:states:::" + c.resource, Input: v, Execution: engine.Identity{ARN: "e", MachineARN: "m"}})
		require.NoError(t, err)
		require.Equal(t, before, value.String(v), "the input is shared and must stay")
	}
}

func TestMissingParameters(t *testing.T) {
	v1 := func(service, code string) string {
		return " (Service: " + service + "; Status Code: 400; Error Code: " + code + "; Request ID: " + requestID + "; Proxy: null)"
	}
	v2 := func(service string) string {
		return " (Service: " + service + ", Status Code: 400, Request ID: " + requestID + ") (SDK Attempt Count: 1)"
	}
	null := func(member string) string {
		return "Value null at '" + member + "' failed to satisfy constraint: Member must not be null"
	}
	for _, c := range []struct{ resource, input, want string }{
		{"dynamodb:putItem", `{"TableName":"t","Item":null}`, "DynamoDB.AmazonDynamoDBException: 1 validation error detected: " + null("item") + v1("AmazonDynamoDBv2", "ValidationException")},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t"}`, "DynamoDb.DynamoDbException: 1 validation error detected: " + null("item") + v2("DynamoDb")},
		{"dynamodb:deleteItem", `{}`, "DynamoDB.AmazonDynamoDBException: 2 validation errors detected: " + null("tableName") + "; " + null("key") + v1("AmazonDynamoDBv2", "ValidationException")},
		{"sqs:sendMessage", `{"QueueUrl":"q","MessageBody":null}`, "SQS.AmazonSQSException: The request must contain the parameter MessageBody." + v1("AmazonSQS", "MissingParameter")},
		{"sqs:sendMessage.waitForTaskToken", `{"MessageBody":"m"}`, "SQS.AmazonSQSException: The request must contain the parameter QueueUrl." + v1("AmazonSQS", "MissingParameter")},
		{"aws-sdk:sqs:sendMessage", `{"QueueUrl":"q"}`, "Sqs.SqsException: The request must contain the parameter MessageBody." + v2("Sqs")},
		{"sns:publish", `{"Message":"m"}`, "SNS.InvalidParameterException: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter" + v1("AmazonSNS", "InvalidParameter")},
		{"sns:publish", `{"TopicArn":"t"}`, "SNS.AmazonSNSException: 1 validation error detected: " + null("message") + v1("AmazonSNS", "ValidationError")},
		{"events:putEvents", `{}`, "EventBridge.AmazonEventBridgeException: 1 validation error detected: " + null("entries") + v1("AmazonEventBridge", "ValidationException")},
	} {
		f := func(context.Context, integration.Call) (any, error) {
			t.Error(c.resource, "was called")
			return nil, nil
		}
		require.Equal(t, c.want, call(t, f, c.resource, c.input), c.resource)
	}
}

// Members that Step Functions adds to answers, and where.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		resource string
		answer   any
		want     string // the members; a + for the SDK's
	}{
		{"sqs:sendMessage", map[string]string{"MessageId": "1", "MD5OfMessageBody": "2"}, "MD5OfMessageBody MessageId +"},
		{"sqs:sendMessage.waitForTaskToken", map[string]string{"MessageId": "1"}, "MessageId +"},
		{"sns:publish", struct{ SequenceNumber, MessageId string }{}, "MessageId + SequenceNumber"},
		{"dynamodb:putItem", nil, "+"},
		{"dynamodb:getItem", value.NewObject(value.Member{Key: "Item", Value: value.NewObject()}), "Item +"},
		{"ecs:runTask", json.RawMessage(`{"Tasks":[],"Failures":[]}`), "Failures + Tasks"},
		{"ecs:runTask.sync", json.RawMessage(`{"Tasks":[],"Failures":[]}`), "Failures Tasks"},
		{"newservice:doIt", nil, "+"},
		{"events:putEvents", json.RawMessage(`{"FailedEntryCount":0,"Entries":[]}`), "Entries FailedEntryCount"},
		{"events:putEvents", nil, "FailedEntryCount"},
		{"apigateway:invoke", json.RawMessage(`{"StatusCode":200,"Headers":{},"ResponseBody":1,"StatusText":"OK"}`), "Headers ResponseBody StatusCode StatusText"},
		{"aws-sdk:dynamodb:putItem", nil, ""},
		{"aws-sdk:s3:getObject", json.RawMessage(`{"ETag":"e","Body":"b"}`), "ETag Body"},
		{"aws-sdk:sqs:sendMessage", nil, ""},
	} {
		v, err := value.Parse(call(t, answering(c.answer, nil), c.resource, ok))
		require.NoError(t, err, c.resource)
		members := strings.Join(v.(*value.Object).Keys(), " ")
		members = strings.Replace(members, "SdkHttpMetadata SdkResponseMetadata", "+", 1)
		require.Equal(t, c.want, members, c.resource)
	}
	require.Equal(t, `{"SdkHttpMetadata":1,"SdkResponseMetadata":{"RequestId":"`+requestID+`"}}`,
		call(t, answering(json.RawMessage(`{"SdkHttpMetadata":1}`), nil), "dynamodb:putItem", ok))
	for _, bad := range []any{1, "text", []any{}, json.RawMessage(`true`)} {
		require.Contains(t, call(t, answering(bad, nil), "dynamodb:putItem", ok), "States.Runtime: The answer to arn:aws:states:::dynamodb:putItem must be an object")
	}
	require.Contains(t, call(t, answering(func() {}, nil), "dynamodb:putItem", ok), "States.Runtime: The answer to arn:aws:states:::dynamodb:putItem can't be JSON")
}

func TestMetadata(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt":"Put","States":{"Put":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem",
		"Parameters":{"TableName":"t","Item":{"id":{"S":"1"}}},"End":true}}}`)
	require.NoError(t, err)
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::dynamodb:*", answering(map[string]any{}, nil))
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, eng.Close()) })
	run, err := eng.StartExecution(t.Context(), machine, nil, engine.Machine("m"), engine.Named("e"))
	require.NoError(t, err)
	result, err := run.Wait(t.Context())
	require.NoError(t, err)
	var got struct{ SdkResponseMetadata struct{ RequestId string } }
	require.NoError(t, result.Decode(&got))
	id := got.SdkResponseMetadata.RequestId
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, id)
	require.NotEqual(t, requestID, id)
	require.Equal(t, `{"SdkHttpMetadata":{"AllHttpHeaders":{"Server":["Server"],"Connection":["keep-alive"],"x-amzn-RequestId":["`+id+`"],`+
		`"x-amz-crc32":["2745614147"],"Content-Length":["2"],"Date":["Mon, 02 Mar 2026 09:00:00 GMT"],"Content-Type":["application/x-amz-json-1.0"]},`+
		`"HttpHeaders":{"Connection":"keep-alive","Content-Length":"2","Content-Type":"application/x-amz-json-1.0","Date":"Mon, 02 Mar 2026 09:00:00 GMT",`+
		`"Server":"Server","x-amz-crc32":"2745614147","x-amzn-RequestId":"`+id+`"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"`+id+`"}}`,
		string(result.Output()))
}

// sdkError is shaped as the errors of aws-sdk-go-v2 are: the code within, the answer around it.
type sdkError struct{ code, message string }

func (e sdkError) Error() string        { return e.code }
func (e sdkError) ErrorCode() string    { return e.code }
func (e sdkError) ErrorMessage() string { return e.message }

type sdkResponse struct {
	error
	status int
}

func (e sdkResponse) HTTPStatusCode() int      { return e.status }
func (e sdkResponse) ServiceRequestID() string { return "r-1" }
func (e sdkResponse) ServiceHostID() string    { return "h-1" }
func (e sdkResponse) Unwrap() error            { return e.error }

func TestErrors(t *testing.T) {
	code := func(code string) error { return &integration.Error{Code: code, Message: "Why", RequestID: "r"} }
	for _, c := range []struct {
		resource string
		err      error
		want     string
	}{
		{"dynamodb:putItem", code("ResourceNotFoundException"), "DynamoDB.ResourceNotFoundException: Why (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: r; Proxy: null)"},
		{"aws-sdk:dynamodb:putItem", code("ResourceNotFoundException"), "DynamoDb.ResourceNotFoundException: Why (Service: DynamoDb, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)"},
		{"aws-sdk:dynamodb:putItem", code("ValidationException"), "DynamoDb.DynamoDbException: "},
		{"dynamodb:putItem", code("InternalServerError"), "DynamoDB.InternalServerErrorException: "},
		{"dynamodb:putItem", code("AccessDeniedException"), "DynamoDB.AmazonDynamoDBException: "},
		{"dynamodb:putItem", code(""), "DynamoDB.AmazonDynamoDBException: "},
		{"sns:publish", &integration.Error{Code: "NotFound", Message: "Topic does not exist", StatusCode: 404, RequestID: "r"}, "SNS.NotFoundException: Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: r; Proxy: null)"},
		{"sqs:sendMessage", code("AWS.SimpleQueueService.NonExistentQueue"), "SQS.QueueDoesNotExistException: Why (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; "},
		{"sqs:sendMessage.waitForTaskToken", code("MissingParameter"), "SQS.AmazonSQSException: "},
		{"aws-sdk:secretsmanager:createSecret", code("ValidationException"), "SecretsManager.SecretsManagerException: Why (Service: SecretsManager, "},
		{"aws-sdk:s3:getObject", code("NoSuchKey"), "S3.NoSuchKeyException: Why (Service: S3, Status Code: 400, Request ID: r, Extended Request ID: R5foHa7sLJ8H0H2aF7hsSCvMjgSEF0pIPZ8P3P4N1dg=) (SDK Attempt Count: 1)"},
		{"aws-sdk:s3:getObject", code("AccessDenied"), "S3.S3Exception: "},
		{"aws-sdk:s3:getObject", fmt.Errorf("operation error: %w", sdkResponse{sdkError{"NoSuchKey", "The key is not there."}, 404}),
			"S3.NoSuchKeyException: The key is not there. (Service: S3, Status Code: 404, Request ID: r-1, Extended Request ID: h-1) (SDK Attempt Count: 1)"},
		{"dynamodb:putItem", fmt.Errorf("operation error: %w", sdkResponse{sdkError{"ResourceInUseException", "In use"}, 400}),
			"DynamoDB.ResourceInUseException: In use (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceInUseException; Request ID: r-1; Proxy: null)"},
		{"ecs:runTask", code("AccessDeniedException"), "ECS.AccessDeniedException: "},
		{"ecs:runTask", code("ClusterNotFoundException"), "ECS.ClusterNotFoundException: Why (Service: AmazonECS; "},
		{"glue:startJobRun.sync", code("ConcurrentRunsExceededException"), "Glue.ConcurrentRunsExceededException: Why (Service: AWSGlue; "},
		{"aws-sdk:sfn:describeMapRun", code("ResourceNotFound"), "Sfn.ResourceNotFoundException: Why (Service: Sfn, "},
		{"aws-sdk:ssm:getParameter", code("ParameterNotFound"), "Ssm.ParameterNotFoundException: Why (Service: Ssm, "},
		{"new-service:doIt", code("AccessDenied"), "NewService.AWSNewServiceException: Why (Service: AWSNewService; "},
		{"apigateway:invoke", &integration.Error{StatusCode: 403, Message: `{"message":"Forbidden"}`}, `ApiGateway.403: {"message":"Forbidden"}`},

		{"sqs:sendMessage", &net.DNSError{Name: "no-such-queue.", Err: "no such host", IsNotFound: true}, "SQS.SdkClientException: Unable to execute HTTP request: no-such-queue: Name or service not known"},
		{"aws-sdk:sqs:sendMessage", &url.Error{Op: "Post", URL: "https://queue", Err: errors.New("refused")}, "Sqs.SdkClientException: Unable to execute HTTP request: refused"},
		{"sqs:sendMessage", &net.OpError{Op: "dial", Err: errors.New("refused")}, "SQS.SdkClientException: Unable to execute HTTP request: dial: refused"},
		{"sqs:sendMessage", fmt.Errorf("no time: %w", context.DeadlineExceeded), "no time: context deadline exceeded"},
		{"sqs:sendMessage", errors.New("anything"), "anything"},
		{"sqs:sendMessage", &engine.TaskError{Name: "Mine", Cause: "c"}, "Mine: c"},

		{"ecs:runTask.sync", &integration.JobError{Description: map[string]any{"StoppedReason": "r", "ClusterArn": "a"}}, `States.TaskFailed: {"ClusterArn":"a","StoppedReason":"r"}`},
		{"ecs:runTask.sync", fmt.Errorf("job: %w", &integration.JobError{}), `States.TaskFailed: null`},
		{"ecs:runTask.sync", &integration.JobError{Description: func() {}}, `States.Runtime: The description of the job of arn:aws:states:::ecs:runTask.sync can't be JSON`},
	} {
		got := call(t, answering(nil, c.err), c.resource, ok)
		require.True(t, strings.HasPrefix(got, c.want), "%s: %v\n%s\n%s", c.resource, c.err, c.want, got)
	}
}

func TestPutEvents(t *testing.T) {
	for answer, want := range map[string]string{
		`{"FailedEntryCount":1,"Entries":[{"EventId":"1"},{"ErrorCode":"c","ErrorMessage":"m"}]}`: `EventBridge.FailedEntry: {"Entries":[{"EventId":"1"},{"ErrorCode":"c","ErrorMessage":"m"}],"FailedEntryCount":1}`,
		`{"Entries":[{"ErrorCode":"c"},{"EventId":"1"},{"ErrorCode":"c"}]}`:                       `EventBridge.FailedEntry: {"Entries":[{"ErrorCode":"c"},{"EventId":"1"},{"ErrorCode":"c"}],"FailedEntryCount":2}`,
		`{"Entries":[{"EventId":"1"}]}`:                                                           `{"Entries":[{"EventId":"1"}],"FailedEntryCount":0}`,
	} {
		require.Equal(t, want, call(t, answering(json.RawMessage(answer), nil), "events:putEvents", ok))
		require.NotContains(t, call(t, answering(json.RawMessage(answer), nil), "aws-sdk:eventbridge:putEvents", ok), "FailedEntry:")
	}
}

// A job is acknowledged with the SDK's members, and its end has none.
func TestJobs(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt":"Run","States":{"Run":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask.sync","Parameters":{"TaskDefinition":"d"},"End":true}}}`)
	require.NoError(t, err)
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::ecs:*", integration.Func(func(ctx context.Context, c integration.Call) (any, error) {
		require.Error(t, c.Acknowledge(ctx, 7))
		if err := c.Acknowledge(ctx, map[string]any{"Tasks": []any{}}); err != nil {
			return nil, err
		}
		var in struct{ TaskDefinition string }
		if err := c.Decode(&in); err != nil {
			return nil, err
		}
		return map[string]any{"LastStatus": "STOPPED", "Group": in.TaskDefinition}, nil
	}))
	eng, err := engine.New(engine.Config{Resolver: tasks})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, eng.Close()) })
	run, err := eng.StartExecution(t.Context(), machine, nil)
	require.NoError(t, err)
	result, err := run.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, `{"Group":"d","LastStatus":"STOPPED"}`, string(result.Output()))
	page, err := eng.GetExecutionHistory(t.Context(), run.ARN(), engine.HistoryOptions{})
	require.NoError(t, err)
	text, err := json.Marshal(page.Events)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "SdkResponseMetadata"), "only in what was submitted")
}
