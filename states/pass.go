package states

import "github.com/gostates/gostates/asl"

// pass implements the chapter "Pass State".
func (t *thread) pass(s *asl.Pass) {
	effective, f := t.effectiveInput(&s.DataFlow)
	if f != nil {
		t.fail(f)
		return
	}
	result := effective
	if s.HasResult {
		result = s.Result
	}
	t.complete(result, &s.DataFlow, s.Assign, s.Next)
}
