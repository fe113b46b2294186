package integration

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are what errors of a service are called by.
type names struct {
	// prefix stands before the dot of an error's name.
	prefix string
	// general is the class of errors that have none of their own.
	general string
	// service is what causes call the service.
	service string
	// modelled are codes that this service has a class for although most have none.
	modelled []string
}

// optimised are the names of AWS's optimised integrations, which use the first version of
// the SDK for Java. Those of dynamodb, sns, sqs, states and of the prefix EventBridge are
// measured. The others follow that SDK's names, and are guesses.
var optimised = map[string]names{
	"sqs":              {prefix: "SQS", general: "AmazonSQSException", service: "AmazonSQS"},
	"sns":              {prefix: "SNS", general: "AmazonSNSException", service: "AmazonSNS"},
	"dynamodb":         {prefix: "DynamoDB", general: "AmazonDynamoDBException", service: "AmazonDynamoDBv2"},
	"lambda":           {prefix: "Lambda", general: "AWSLambdaException", service: "AWSLambda"},
	"states":           {prefix: "StepFunctions", general: "AWSStepFunctionsException", service: "AWSStepFunctions", modelled: []string{"ValidationException"}},
	"events":           {prefix: "EventBridge", general: "AmazonEventBridgeException", service: "AmazonEventBridge"},
	"ecs":              {prefix: "ECS", general: "AmazonECSException", service: "AmazonECS", modelled: []string{"AccessDeniedException"}},
	"eks":              {prefix: "EKS", general: "AmazonEKSException", service: "AmazonEKS"},
	"batch":            {prefix: "Batch", general: "AWSBatchException", service: "AWSBatch"},
	"glue":             {prefix: "Glue", general: "AWSGlueException", service: "AWSGlue", modelled: []string{"AccessDeniedException"}},
	"databrew":         {prefix: "DataBrew", general: "AWSGlueDataBrewException", service: "AWSGlueDataBrew", modelled: []string{"AccessDeniedException", "ValidationException"}},
	"athena":           {prefix: "Athena", general: "AmazonAthenaException", service: "AmazonAthena"},
	"codebuild":        {prefix: "CodeBuild", general: "AWSCodeBuildException", service: "AWSCodeBuild"},
	"sagemaker":        {prefix: "SageMaker", general: "AmazonSageMakerException", service: "AmazonSageMaker"},
	"elasticmapreduce": {prefix: "ElasticMapReduce", general: "AmazonElasticMapReduceException", service: "AmazonElasticMapReduce"},
	"mediaconvert":     {prefix: "MediaConvert", general: "AWSMediaConvertException", service: "AWSMediaConvert"},
	"bedrock":          {prefix: "Bedrock", general: "AmazonBedrockRuntimeException", service: "AmazonBedrockRuntime", modelled: []string{"AccessDeniedException", "ThrottlingException", "ValidationException"}},
}

// sdkPrefixes are the names that the second version of the SDK for Java has for services of
// aws-sdk, where they are not the service's own with a capital. DynamoDb, SecretsManager, S3 and
// Sfn are measured, the others follow that SDK.
var sdkPrefixes = map[string]string{
	"accessanalyzer":          "AccessAnalyzer",
	"acmpca":                  "AcmPca",
	"apigateway":              "ApiGateway",
	"apigatewayv2":            "ApiGatewayV2",
	"appconfig":               "AppConfig",
	"apprunner":               "AppRunner",
	"appsync":                 "AppSync",
	"autoscaling":             "AutoScaling",
	"bedrockruntime":          "BedrockRuntime",
	"cloudformation":          "CloudFormation",
	"cloudfront":              "CloudFront",
	"cloudtrail":              "CloudTrail",
	"cloudwatch":              "CloudWatch",
	"cloudwatchevents":        "CloudWatchEvents",
	"cloudwatchlogs":          "CloudWatchLogs",
	"codebuild":               "CodeBuild",
	"codecommit":              "CodeCommit",
	"codedeploy":              "CodeDeploy",
	"codepipeline":            "CodePipeline",
	"cognitoidentity":         "CognitoIdentity",
	"cognitoidentityprovider": "CognitoIdentityProvider",
	"costexplorer":            "CostExplorer",
	"databrew":                "DataBrew",
	"dynamodb":                "DynamoDb",
	"elasticache":             "ElastiCache",
	"elasticbeanstalk":        "ElasticBeanstalk",
	"elasticloadbalancing":    "ElasticLoadBalancing",
	"elasticloadbalancingv2":  "ElasticLoadBalancingV2",
	"emrcontainers":           "EmrContainers",
	"emrserverless":           "EmrServerless",
	"eventbridge":             "EventBridge",
	"guardduty":               "GuardDuty",
	"mediaconvert":            "MediaConvert",
	"networkfirewall":         "NetworkFirewall",
	"opensearch":              "OpenSearch",
	"rdsdata":                 "RdsData",
	"redshiftdata":            "RedshiftData",
	"route53":                 "Route53",
	"sagemaker":               "SageMaker",
	"sagemakerruntime":        "SageMakerRuntime",
	"secretsmanager":          "SecretsManager",
	"securityhub":             "SecurityHub",
	"servicediscovery":        "ServiceDiscovery",
	"sesv2":                   "SesV2",
	"wafv2":                   "Wafv2",
	"xray":                    "XRay",
}

// sdkModelled are the codes that a service of aws-sdk has a class for although most have none.
var sdkModelled = map[string][]string{
	"bedrockruntime": {"AccessDeniedException", "ThrottlingException", "ValidationException"},
	"databrew":       {"AccessDeniedException", "ValidationException"},
	"ecs":            {"AccessDeniedException"},
	"emrserverless":  {"ValidationException"},
	"glue":           {"AccessDeniedException"},
	"redshiftdata":   {"ValidationException"},
	"sfn":            {"ValidationException"},
}

// general are the codes that services answer although their API has no such error, so that an
// SDK has no class for them: those that all services share (documented), and S3's that begin
// with one of them.
var general = map[string]bool{
	"AccessDenied": true, "AccessDeniedException": true, "AllAccessDisabled": true,
	"ExpiredToken": true, "ExpiredTokenException": true,
	"IncompleteSignature": true, "IncompleteSignatureException": true, "InternalError": true, "InternalFailure": true,
	"InvalidAccessKeyId": true, "InvalidAction": true, "InvalidClientTokenId": true, "InvalidParameterCombination": true,
	"InvalidParameterValue": true, "InvalidQueryParameter": true, "InvalidSignatureException": true, "MalformedQueryString": true,
	"MissingAction": true, "MissingAuthenticationToken": true, "MissingAuthenticationTokenException": true, "MissingParameter": true,
	"NotAuthorized": true, "OptInRequired": true, "PermanentRedirect": true, "PreconditionFailed": true, "RequestExpired": true,
	"SerializationException": true, "ServiceUnavailable": true, "SignatureDoesNotMatch": true, "SlowDown": true,
	"Throttling": true, "ThrottlingException": true, "UnknownOperationException": true, "UnrecognizedClientException": true,
	"ValidationError": true, "ValidationException": true,
}

// names returns what errors of the call's service are called by.
func (c Call) names() names {
	if c.SDK {
		prefix, ok := sdkPrefixes[c.Service]
		if !ok {
			prefix = capital(c.Service)
		}
		return names{prefix: prefix, general: prefix + "Exception", service: prefix, modelled: sdkModelled[c.Service]}
	}
	if n, ok := optimised[c.Service]; ok {
		return n
	}
	prefix := ""
	for part := range strings.SplitSeq(c.Service, "-") {
		prefix += capital(part)
	}
	return names{prefix: prefix, general: "AWS" + prefix + "Exception", service: "AWS" + prefix}
}

// class returns the class of the SDK for a code.
func (n names) class(code string) string {
	for _, modelled := range n.modelled {
		if code == modelled {
			return code
		}
	}
	if code == "" || general[code] {
		return n.general
	}
	// Of sqs: AWS.SimpleQueueService.NonExistentQueue, and others that begin in this way.
	code = code[strings.LastIndexByte(code, '.')+1:]
	if code == "NonExistentQueue" {
		code = "QueueDoesNotExist"
	}
	if strings.HasSuffix(code, "Exception") {
		return code
	}
	return code + "Exception"
}

// capital returns a text that begins with a capital letter.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:]
}
