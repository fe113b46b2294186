package states

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// TaskToken returns the Task Token of a task of the execution that has the seed. Nobody
// can guess it without the seed, and it leads to where it is from: see [ParseTaskToken].
func (s *Seed) TaskToken(arn string, task EventID) string {
	key := s.derive("token "+arn, uint64(task))
	b := binary.AppendUvarint(key[:], uint64(task))
	return base64.RawURLEncoding.EncodeToString(append(b, arn...))
}

// ParseTaskToken returns the ARN of the execution that a Task Token is of, and the id of
// the event that scheduled its task. ok is false for a text that is none. Anybody can
// make a text that looks like one: the execution's own is that which [Seed.TaskToken]
// gives.
func ParseTaskToken(token string) (arn string, task EventID, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < sha256.Size {
		return "", 0, false
	}
	b = b[sha256.Size:]
	id, n := binary.Uvarint(b)
	if n <= 0 {
		return "", 0, false
	}
	return string(b[n:]), EventID(id), true
}
