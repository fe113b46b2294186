package places

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// names are owners, in a row.
func names(owners []any) string {
	var all []string
	for _, o := range owners {
		all = append(all, o.(string))
	}
	return strings.Join(all, " ")
}

// A work asks for places and gives them back.
type work struct {
	t    *testing.T
	gate *Gate
	all  map[string]*Ticket
	now  time.Time
}

func newWork(t *testing.T, rules ...Rule) *work {
	return &work{t, New(rules), make(map[string]*Ticket), start}
}

func (w *work) ask(name, group string, needs ...Need) bool {
	w.all[name] = &Ticket{Owner: name}
	return w.gate.Ask(w.all[name], group, needs, w.now)
}

func (w *work) leave(name string) string { return names(w.gate.Leave(w.all[name], w.now)) }

func TestPlacesGoRoundTheGroups(t *testing.T) {
	w := newWork(t, Rule{Places: 1})
	require.True(t, w.ask("a1", "a", Need{}))
	for _, name := range []string{"a2", "a3", "a4", "b1", "b2", "c1"} {
		require.False(t, w.ask(name, name[:1], Need{}))
	}
	var order []string
	for at := "a1"; at != ""; {
		at = w.leave(at)
		order = append(order, at)
	}
	require.Equal(t, "a2 b1 c1 a3 b2 a4 ", strings.Join(order, " "))
	require.Empty(t, w.gate.Queues())
	require.Empty(t, w.gate.buckets)
	require.Empty(t, w.gate.lanes)
}

func TestAFullKeyHoldsNobodyElseUp(t *testing.T) {
	w := newWork(t, Rule{Places: 3}, Rule{Places: 1})
	slow, other := Need{1, "slow"}, Need{1, "other"}
	require.True(t, w.ask("s1", "m", Need{}, slow))
	require.False(t, w.ask("s2", "m", Need{}, slow))
	require.True(t, w.ask("o1", "m", Need{}, other), "it waits behind nobody: only the key slow is full")
	require.True(t, w.ask("x1", "m", Need{}))
	require.False(t, w.ask("x2", "m", Need{}))
	require.Equal(t, []Queue{
		{Need: Need{}, Held: 3, Waiting: 2, Since: start},
		{Need: other, Held: 1},
		{Need: slow, Held: 1, Waiting: 1, Since: start},
	}, w.gate.Queues())
	require.Equal(t, "x2", w.leave("o1"))
	require.Equal(t, "s2", w.leave("s1"), "it takes over both places")
	require.Equal(t, "", w.leave("s2"))
}

func TestWhoWaitsNoLongerIsPassedOver(t *testing.T) {
	w := newWork(t, Rule{Places: 1})
	w.ask("1", "m", Need{})
	w.ask("2", "m", Need{})
	w.ask("3", "m", Need{})
	require.Equal(t, 2, w.gate.Waiting())
	require.Equal(t, Waiting, w.gate.Hand(w.all["2"], "2"))
	require.Equal(t, "", w.leave("2"))
	require.Equal(t, Out, w.gate.Hand(w.all["2"], "2"))
	require.Equal(t, Waiting, w.gate.Hand(w.all["3"], "third"))
	require.Equal(t, "third", w.leave("1"))
	require.Equal(t, Held, w.gate.Hand(w.all["3"], "3"))
	require.Equal(t, "", w.leave("2"), "a second time")
}

func TestRate(t *testing.T) {
	w := newWork(t, Rule{Every: time.Second, Burst: 2})
	require.True(t, w.ask("1", "m", Need{}))
	require.True(t, w.ask("2", "m", Need{}))
	require.False(t, w.ask("3", "m", Need{}))
	require.False(t, w.ask("4", "m", Need{}))
	require.Equal(t, "", w.leave("1"), "the end of work is no reason to begin other work")
	require.Equal(t, start.Add(time.Second), w.gate.Next())
	w.now = start.Add(time.Second)
	require.False(t, w.ask("5", "m", Need{}), "the third goes first")
	require.Equal(t, "3", names(w.gate.Wake(w.now)))
	require.Equal(t, start.Add(2*time.Second), w.gate.Next())
	w.now = start.Add(10 * time.Second)
	require.Equal(t, "4 5", names(w.gate.Wake(w.now)), "as many as the burst")
	require.Zero(t, w.gate.Next())
	require.False(t, w.ask("6", "m", Need{}))
	w.now = w.now.Add(time.Hour)
	require.Equal(t, "6", names(w.gate.Wake(w.now)))
}

// TestRandomWork checks after every call that no rule is broken, that nobody waits who could
// work, and that those who need the same go in their order.
func TestRandomWork(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		rules := []Rule{{Places: 1 + r.IntN(6)}, {Places: 1 + r.IntN(3)}, {Every: time.Second, Burst: 1 + r.IntN(3)}}
		g := New(rules)
		now := start
		var waiting, held []*Ticket
		needs := make(map[*Ticket][]Need)
		group := make(map[*Ticket]string)
		begin := func(begun []any) {
			for _, owner := range begun {
				t1 := owner.(*Ticket)
				for _, earlier := range waiting {
					if earlier == t1 {
						break
					}
					require.NotEqual(t, fmt.Sprint(needs[earlier], group[earlier]), fmt.Sprint(needs[t1], group[t1]), "overtaken")
				}
				waiting = slices.DeleteFunc(waiting, func(w *Ticket) bool { return w == t1 })
				held = append(held, t1)
			}
		}
		for range 400 {
			switch k := r.IntN(10); {
			case k < 5:
				ticket := new(Ticket)
				ticket.Owner, group[ticket] = ticket, fmt.Sprint("machine ", r.IntN(3))
				var n []Need
				for rule := range rules {
					if r.IntN(2) == 0 {
						n = append(n, Need{rule, fmt.Sprint(r.IntN(2))})
					}
				}
				needs[ticket] = n
				if g.Ask(ticket, group[ticket], n, now) {
					held = append(held, ticket)
				} else {
					waiting = append(waiting, ticket)
				}
			case k < 8 && len(held) > 0:
				i := r.IntN(len(held))
				ticket := held[i]
				held = slices.Delete(held, i, i+1)
				begin(g.Leave(ticket, now))
			case k < 9 && len(waiting) > 0:
				i := r.IntN(len(waiting))
				ticket := waiting[i]
				waiting = slices.Delete(waiting, i, i+1)
				begin(g.Leave(ticket, now))
			default:
				now = now.Add(time.Duration(r.IntN(1500)) * time.Millisecond)
				begin(g.Wake(now))
			}
			used := make(map[Need]int)
			for _, h := range held {
				for _, n := range needs[h] {
					used[n]++
				}
			}
			for n, count := range used {
				if p := rules[n.Rule].Places; p > 0 {
					require.LessOrEqual(t, count, p)
				}
			}
			for _, w := range waiting {
				require.Equal(t, Waiting, g.Hand(w, w))
				require.True(t, slices.ContainsFunc(needs[w], func(n Need) bool {
					b := g.buckets[n]
					return b.full(now)
				}), "seed %d: somebody waits who could work", seed)
			}
			counted := 0
			for i := range g.due {
				require.Equal(t, i+1, g.due[i].place)
				require.False(t, g.due[i].free().Before(g.due[0].free()))
				counted++
			}
			if counted == 0 {
				require.Zero(t, g.Next())
			}
		}
		for len(held)+len(waiting) > 0 {
			if len(held) == 0 {
				now = g.Next()
				require.False(t, now.IsZero(), "seed %d: %d wait for ever", seed, len(waiting))
				begin(g.Wake(now))
				continue
			}
			ticket := held[0]
			held = held[1:]
			begin(g.Leave(ticket, now))
		}
		require.Empty(t, g.lanes)
		require.Empty(t, g.due)
	}
}

func TestBucketsAreForgotten(t *testing.T) {
	w := newWork(t, Rule{Every: time.Second})
	for i := range 10_000 {
		name := fmt.Sprint(i)
		require.True(t, w.ask(name, "m", Need{Value: name}))
		w.leave(name)
		w.now = w.now.Add(10 * time.Millisecond)
	}
	require.Less(t, len(w.gate.buckets), 2_000, "a hundred of them have not recovered")
}

func TestAskAllocates(t *testing.T) {
	g := New([]Rule{{Places: 2}})
	var ticket Ticket
	needs := []Need{{}}
	g.Ask(new(Ticket), "m", needs, start)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		g.Ask(&ticket, "m", needs, start)
		g.Leave(&ticket, start)
	}))
}
