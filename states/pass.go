package states

import "github.com/gostates/gostates/asl"

// pass implements the chapter "Pass State".
func (t *thread) pass(s *asl.Pass) {
	if s.JSONata != nil {
		t.completeQueries(s.JSONata, t.input, s.Next)
		return
	}
	effective, f := t.effectiveInput(&s.DataFlow, nil)
	if f != nil {
		t.fail(f)
		return
	}
	result := effective
	if s.HasResult {
		result = s.Result
	}
	t.complete(result, &s.DataFlow, nil, s.Assign, s.Next)
}
