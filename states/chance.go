package states

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/gostates/gostates/asl/chance"
)

// A purpose tells the evaluations of one visit to a state apart, so that each has
// numbers of its own: what one draws moves nothing for the next, and an
// evaluation repeated after a restart draws the same again.
type purpose uint64

const (
	drawInput purpose = iota
	drawResult
	drawCatch
	drawJitter
	drawItem // and one more for each item that follows
)

// draw turns to the numbers for an evaluation. They are made when first asked for.
func (t *thread) draw(p purpose) {
	t.stream = stream{purpose: p}
}

// Random returns the next number of the evaluation under way.
func (t *thread) Random() uint64 {
	if !t.stream.open {
		key := t.x.seed.derive("stream", uint64(t.enteredID), uint64(t.retryCount), uint64(t.stream.purpose))
		t.stream.numbers, t.stream.open = chance.Stream(binary.LittleEndian.Uint64(key[:])), true
	}
	return t.stream.numbers.Next()
}

// A stream is what one evaluation draws from.
type stream struct {
	numbers chance.Stream
	purpose purpose
	open    bool
}

// derive makes a key for one use out of the seed. It can't be turned back, so
// numbers that users see give nothing of the seed away.
func (s *Seed) derive(use string, ids ...uint64) [sha256.Size]byte {
	mac := hmac.New(sha256.New, s[:])
	mac.Write([]byte(use))
	for _, id := range ids {
		mac.Write(binary.LittleEndian.AppendUint64(nil, id))
	}
	return [sha256.Size]byte(mac.Sum(nil))
}

// token makes the Task Token of the task with that id.
func (x *Interpreter) token(id EventID) string {
	return taskToken(&x.seed, x.execution, id)
}

// TaskToken returns the Task Token of the task that an event of the execution scheduled. The
// task of an activity has one, although its Context Object doesn't show it.
func (x *Interpreter) TaskToken(scheduled EventID) string { return x.token(scheduled) }

func taskToken(seed *Seed, x *Execution, id EventID) string {
	key := seed.derive("token", uint64(id))
	if key[0]>>2 == hyphen {
		key[0] ^= 1 << 7
	}
	if x.SealedTokens {
		k := seed.TokenKey()
		copy(key[tokenHalf:], k.seal(key[:tokenHalf]))
	}
	return base64.RawURLEncoding.EncodeToString(key[:]) + x.TokenSuffix
}

// hyphen is what '-' stands for in base64. A Task Token that began with one would be an
// option to command lines, AWS's among them.
const hyphen = 62

// TaskToken returns the Task Token of the task that an event of the execution's history
// scheduled. Without the Seed, which AWS's histories lack, it is none.
func (d *StartedDetails) TaskToken(scheduled EventID) string {
	return taskToken(&d.Seed, &d.Execution, scheduled)
}

// tokenHalf is the length of what can't be guessed in a sealed Task Token, and of its seal.
const tokenHalf = 16

// A TokenKey tells the Task Tokens of an execution from other texts, without its history.
// It makes no Task Tokens, but who knows it can make texts that pass for such until the
// history is asked, so it is a secret like the [Seed] that it is derived from.
type TokenKey [16]byte

// TokenKey returns the key of the execution that has the seed.
func (s *Seed) TokenKey() TokenKey {
	key := s.derive("token key")
	return TokenKey(key[:])
}

// Sealed reports whether a text has the seal that the Task Tokens of an execution with
// [Execution.SealedTokens] have. Its time is the same for every text.
func (k *TokenKey) Sealed(token string) bool {
	var secret [sha256.Size]byte
	length := base64.RawURLEncoding.EncodedLen(len(secret))
	if len(token) < length {
		return false
	}
	if _, err := base64.RawURLEncoding.Decode(secret[:], []byte(token[:length])); err != nil {
		return false
	}
	return hmac.Equal(k.seal(secret[:tokenHalf]), secret[tokenHalf:])
}

func (k *TokenKey) seal(b []byte) []byte {
	mac := hmac.New(sha256.New, k[:])
	mac.Write(b)
	return mac.Sum(nil)[:tokenHalf]
}
