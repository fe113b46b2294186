package template

import (
	"strings"

	"github.com/gostates/gostates/asl"
)

// What a resource is called is known once it has been deployed. Until then it is called by
// the name that the template gives it, else by its logical ID, and its ARN is one of the
// kind that its type has.

// someUUID stands where AWS makes one up.
const someUUID = "11111111-2222-3333-4444-555555555555"

// A resourceType says what a type of resource is called.
type resourceType struct {
	// service and arn are parts of the ARN; % stands for the name.
	service, arn string
	// name is the property that names it, if there is one.
	name string
	// ref is what Ref gives: the name if it is "", the ARN if it is "arn"; % is the name.
	ref string
}

// function is the type of functions, which SAM has as well.
var function = resourceType{service: "lambda", arn: "function:%", name: "FunctionName"}

// resourceTypes are those that state machines refer to.
var resourceTypes = map[string]resourceType{
	"AWS::Lambda::Function":                   function,
	"AWS::Serverless::Function":               function,
	"AWS::Lambda::Version":                    {service: "lambda", arn: "function:%:1", ref: "arn", name: "FunctionName"},
	"AWS::Lambda::Alias":                      {service: "lambda", arn: "function:%:live", ref: "arn", name: "FunctionName"},
	"AWS::Lambda::LayerVersion":               {service: "lambda", arn: "layer:%:1", ref: "arn"},
	"AWS::StepFunctions::StateMachine":        {service: "states", arn: "stateMachine:%", ref: "arn", name: "StateMachineName"},
	"AWS::Serverless::StateMachine":           {service: "states", arn: "stateMachine:%", ref: "arn", name: "Name"},
	"AWS::StepFunctions::StateMachineVersion": {service: "states", arn: "stateMachine:%:1", ref: "arn"},
	"AWS::StepFunctions::StateMachineAlias":   {service: "states", arn: "stateMachine:%:live", ref: "arn"},
	"AWS::StepFunctions::Activity":            {service: "states", arn: "activity:%", ref: "arn", name: "Name"},
	"AWS::SNS::Topic":                         {service: "sns", arn: "%", ref: "arn", name: "TopicName"},
	"AWS::SQS::Queue":                         {service: "sqs", arn: "%", ref: "https://sqs.{region}.amazonaws.com/{account}/%", name: "QueueName"},
	"AWS::DynamoDB::Table":                    {service: "dynamodb", arn: "table/%", name: "TableName"},
	"AWS::DynamoDB::GlobalTable":              {service: "dynamodb", arn: "table/%", name: "TableName"},
	"AWS::Serverless::SimpleTable":            {service: "dynamodb", arn: "table/%", name: "TableName"},
	"AWS::S3::Bucket":                         {service: "s3", arn: "%", name: "BucketName"},
	"AWS::IAM::Role":                          {service: "iam", arn: "role/%", name: "RoleName"},
	"AWS::IAM::User":                          {service: "iam", arn: "user/%", name: "UserName"},
	"AWS::IAM::ManagedPolicy":                 {service: "iam", arn: "policy/%", ref: "arn", name: "ManagedPolicyName"},
	"AWS::Events::EventBus":                   {service: "events", arn: "event-bus/%", name: "Name"},
	"AWS::Events::Rule":                       {service: "events", arn: "rule/%", name: "Name"},
	"AWS::Events::Connection":                 {service: "events", arn: "connection/%/" + someUUID, name: "Name"},
	"AWS::Events::ApiDestination":             {service: "events", arn: "api-destination/%/" + someUUID, name: "Name"},
	"AWS::Scheduler::ScheduleGroup":           {service: "scheduler", arn: "schedule-group/%", name: "Name"},
	"AWS::ECS::Cluster":                       {service: "ecs", arn: "cluster/%", name: "ClusterName"},
	"AWS::ECS::Service":                       {service: "ecs", arn: "service/%", ref: "arn", name: "ServiceName"},
	"AWS::ECS::TaskDefinition":                {service: "ecs", arn: "task-definition/%:1", ref: "arn", name: "Family"},
	"AWS::Batch::JobQueue":                    {service: "batch", arn: "job-queue/%", ref: "arn", name: "JobQueueName"},
	"AWS::Batch::JobDefinition":               {service: "batch", arn: "job-definition/%:1", ref: "arn", name: "JobDefinitionName"},
	"AWS::Batch::ComputeEnvironment":          {service: "batch", arn: "compute-environment/%", ref: "arn", name: "ComputeEnvironmentName"},
	"AWS::Glue::Job":                          {service: "glue", arn: "job/%", name: "Name"},
	"AWS::Glue::Crawler":                      {service: "glue", arn: "crawler/%", name: "Name"},
	"AWS::Athena::WorkGroup":                  {service: "athena", arn: "workgroup/%", name: "Name"},
	"AWS::CodeBuild::Project":                 {service: "codebuild", arn: "project/%", name: "Name"},
	"AWS::Kinesis::Stream":                    {service: "kinesis", arn: "stream/%", name: "Name"},
	"AWS::KinesisFirehose::DeliveryStream":    {service: "firehose", arn: "deliverystream/%", name: "DeliveryStreamName"},
	"AWS::Logs::LogGroup":                     {service: "logs", arn: "log-group:%:*", name: "LogGroupName"},
	"AWS::SecretsManager::Secret":             {service: "secretsmanager", arn: "secret:%-a1b2c3", ref: "arn"},
	"AWS::SSM::Parameter":                     {service: "ssm", arn: "parameter/%", name: "Name"},
	"AWS::KMS::Key":                           {service: "kms", arn: "key/" + someUUID, ref: someUUID},
	"AWS::EKS::Cluster":                       {service: "eks", arn: "cluster/%", name: "Name"},
	"AWS::SageMaker::Model":                   {service: "sagemaker", arn: "model/%", ref: "arn", name: "ModelName"},
	"AWS::CloudFormation::Stack":              {service: "cloudformation", arn: "stack/%/" + someUUID, ref: "arn"},
	"AWS::Bedrock::Guardrail":                 {service: "bedrock", arn: "guardrail/%", ref: "arn"},
	"AWS::EC2::Subnet":                        {service: "ec2", arn: "subnet/%", ref: "subnet-0123456789abcdef0"},
	"AWS::EC2::SecurityGroup":                 {service: "ec2", arn: "security-group/%", ref: "sg-0123456789abcdef0"},
	"AWS::EC2::VPC":                           {service: "ec2", arn: "vpc/%", ref: "vpc-0123456789abcdef0"},
}

// arn returns an ARN in the account and region at hand.
func (e *evaluator) arn(service, resource string) string {
	region, account := e.known("AWS::Region", "us-east-1"), e.known("AWS::AccountId", "123456789012")
	switch service {
	case "s3":
		region, account = "", ""
	case "iam":
		region = ""
	}
	return strings.Join([]string{"arn", e.known("AWS::Partition", "aws"), service, region, account, resource}, ":")
}

// called returns what a pattern of the table says of a name.
func (e *evaluator) called(pattern, name string) string {
	return strings.NewReplacer("%", name, "{region}", e.known("AWS::Region", "us-east-1"),
		"{account}", e.known("AWS::AccountId", "123456789012")).Replace(pattern)
}

// typeOf returns the type of a resource of the template, nil when it isn't known.
func (e *evaluator) typeOf(id string) *resourceType {
	if t, ok := resourceTypes[e.resources.get(id, "Type").written()]; ok {
		return &t
	}
	return nil
}

// nameOf returns what a resource is called, and whether the template says so.
func (e *evaluator) nameOf(id string) (name string, given bool, err error) {
	t := e.typeOf(id)
	if t == nil || t.name == "" {
		return id, false, nil
	}
	property := e.resources.get(id, "Properties", t.name)
	if property == nil {
		return id, false, nil
	}
	if err := e.enter(property); err != nil {
		return "", false, err
	}
	defer e.leave()
	before := len(e.assumptions)
	written, err := e.str(property)
	if err != nil || written.string == "" {
		return id, false, err
	}
	// A function may be named by its ARN.
	return written.string[strings.LastIndexByte(written.string, ':')+1:], len(e.assumptions) == before, nil
}

// reference returns what Ref gives for a resource.
func (e *evaluator) reference(id string, at int) (text, error) {
	t := e.typeOf(id)
	name, given, err := e.nameOf(id)
	switch {
	case err != nil:
		return text{}, err
	case t == nil:
		return e.unknown(id, at), nil
	case t.ref == "arn":
		return e.assume(id, e.arn(t.service, e.called(t.arn, name)), at), nil
	case t.ref != "":
		return e.assume(id, e.called(t.ref, name), at), nil
	case given:
		return textAt(e.known(id, name), at), nil
	}
	return e.assume(id, name, at), nil
}

// unknown returns a value for a resource that the template has not, or has of an unknown
// type. SAM makes such out of others: "ChargeFunction.Version", "ChargeFunctionRole".
func (e *evaluator) unknown(id string, at int) text {
	owner, part, dotted := strings.Cut(id, ".")
	if t := e.typeOf(owner); dotted && t != nil && t.service == "lambda" {
		qualifier := map[string]string{"Version": ":1", "Alias": ":live"}[part]
		return e.assume(id, e.arn("lambda", "function:"+owner+qualifier), at)
	}
	if e.resources.has(id) {
		return e.assume(id, id, at)
	}
	return e.guess(id, at)
}

// attribute returns what Fn::GetAtt gives.
func (e *evaluator) attribute(id, attribute string, at int) (text, error) {
	full := id + "." + attribute
	t := e.typeOf(id)
	name, given, err := e.nameOf(id)
	if err != nil {
		return text{}, err
	}
	last := attribute[strings.LastIndexByte(attribute, '.')+1:]
	switch {
	case t == nil && last == "Arn":
		return e.assume(full, asl.Substitution{Name: id + "Arn", Quoted: true, Whole: true}.Plausible(), at), nil
	case t == nil:
		return e.assume(full, asl.Substitution{Name: last, Quoted: true, Whole: true}.Plausible(), at), nil
	case last == "StreamArn":
		return e.assume(full, e.arn(t.service, "table/"+name+"/stream/2026-01-01T00:00:00.000"), at), nil
	case strings.HasSuffix(last, "Arn") && !strings.HasPrefix(attribute, "Outputs."):
		return e.assume(full, e.arn(t.service, e.called(t.arn, name)), at), nil
	case strings.HasSuffix(last, "Name") && t.name != "":
		if given {
			return textAt(e.known(full, name), at), nil
		}
		return e.assume(full, name, at), nil
	case strings.HasSuffix(last, "Url"):
		return e.assume(full, e.called(strings.TrimSuffix(t.ref, "arn"), name), at), nil
	case strings.HasSuffix(last, "Id") && t.ref != "" && t.ref != "arn":
		return e.assume(full, e.called(t.ref, name), at), nil
	}
	return e.guess(full, at), nil
}
