package integration

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// withMetadata returns an answer with the members SdkHttpMetadata and SdkResponseMetadata, if
// those of the service have them. That events and apigateway have none is measured. There is no
// exchange by HTTP that they could tell of: they have the fields that AWS's have, with the
// length that the answer has here, the time by the engine's clock, and a request ID that is made
// of the task's IdempotencyKey.
func (c Call) withMetadata(ctx context.Context, answer *value.Object) *value.Object {
	if c.SDK || c.Service == "events" || c.Service == "apigateway" {
		return answer
	}
	text := value.Append(nil, answer)
	whole := answer
	if _, has := answer.Get("SdkHttpMetadata"); !has {
		whole = whole.With("SdkHttpMetadata", c.httpMetadata(ctx, text))
	}
	if _, has := answer.Get("SdkResponseMetadata"); !has {
		whole = whole.With("SdkResponseMetadata", value.NewObject(value.Member{Key: "RequestId", Value: c.requestID()}))
	}
	return sorted(whole)
}

func (c Call) httpMetadata(ctx context.Context, text []byte) *value.Object {
	now := time.Now()
	if e := engine.EngineFrom(ctx); e != nil {
		now = e.Now()
	}
	// The order of AllHttpHeaders is that of a Java HashMap, as recorded; the fields of services
	// that were not recorded are those of ecs.
	fields := [][2]string{
		{"x-amzn-RequestId", c.requestID()},
		{"Content-Length", strconv.Itoa(len(text))},
		{"Date", now.UTC().Format(http.TimeFormat)},
		{"Content-Type", "application/x-amz-json-1.1"},
	}
	switch c.Service {
	case "dynamodb":
		fields[3][1] = "application/x-amz-json-1.0"
		fields = slices.Insert(fields, 1, [2]string{"x-amz-crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(text)), 10)})
		fields = slices.Insert(fields, 0, [2]string{"Server", "Server"}, [2]string{"Connection", "keep-alive"})
	case "sqs":
		fields[3][1] = "application/x-amz-json-1.0"
		fields = slices.Insert(fields, 1, [2]string{"connection", "keep-alive"})
	case "sns":
		fields[3][1] = "text/xml"
		fields = slices.Insert(fields, 1, [2]string{"connection", "keep-alive"})
	case "states":
		fields[3][1] = "application/x-amz-json-1.0"
	}
	all := make([]value.Member, 0, len(fields))
	for _, f := range fields {
		all = append(all, value.Member{Key: f[0], Value: []any{f[1]}})
	}
	slices.SortFunc(fields, func(a, b [2]string) int { return cmp.Compare(strings.ToLower(a[0]), strings.ToLower(b[0])) })
	single := make([]value.Member, 0, len(fields))
	for _, f := range fields {
		single = append(single, value.Member{Key: f[0], Value: f[1]})
	}
	return value.NewObject(
		value.Member{Key: "AllHttpHeaders", Value: value.NewObject(all...)},
		value.Member{Key: "HttpHeaders", Value: value.NewObject(single...)},
		value.Member{Key: "HttpStatusCode", Value: int64(http.StatusOK)},
	)
}

// requestID returns a UUID that is the same each time that the attempt is made.
func (c Call) requestID() string {
	sum := sha256.Sum256([]byte(c.Task.IdempotencyKey))
	sum[6] = sum[6]&0x0f | 0x80 // version 8: whatever the maker likes
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// hostID returns a text of the form of S3's extended request IDs, which is the same each time
// that the attempt is made.
func (c Call) hostID() string {
	sum := sha256.Sum256([]byte("host " + c.Task.IdempotencyKey))
	return base64.StdEncoding.EncodeToString(sum[:])
}
