// Package clients has no code to import: its tests call a handler of package stepfunctions
// with the clients that people have, over a loopback connection. They are the AWS SDKs for
// Go, Python and JavaScript, the AWS CLI, and Terraform with its provider for AWS.
//
// A client that the machine does not have is skipped, and a line that begins with
// "NOT TESTED" names the client and says what would help; make modules prints such lines.
// The SDK for JavaScript is installed from the npm registry, into the user's cache folder,
// when the environment variable GOSTATES_NPM is 1.
package clients
