package states

import "github.com/gostates/gostates/asl"

// pass implements the chapter "Pass State".
func (t *thread) pass(s *asl.Pass) {
	result, f := t.effectiveInput(&s.Flow)
	if f != nil {
		t.fail(f)
		return
	}
	if s.HasResult {
		result = s.Result
		t.saw(RawResult, result)
	}
	t.conclude(result, &s.Flow, s.Next)
}
