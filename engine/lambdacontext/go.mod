module github.com/gostates/gostates/engine/lambdacontext

go 1.26.0

require (
	github.com/aws/aws-lambda-go v1.55.1
	github.com/gostates/gostates v0.0.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/google/uuid v1.6.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/gostates/gostates => ../..
