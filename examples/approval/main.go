// Command approval has people decide on purchases. A task mails a link that holds
// its Task Token and waits; the HTTP handler behind the link sends the token back
// with the decision.
//
// One purchase is approved, one is refused, and one is forgotten: nobody follows
// its link until its day has passed, on a virtual clock.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
)

//go:embed approval.asl.json
var definition string

// A Purchase is what has to be approved.
type Purchase struct {
	Item  string `json:"item"`
	Price int    `json:"price"`
}

// A Request is what the task is given: see its Payload in the definition.
type Request struct {
	Purchase Purchase `json:"purchase"`
	Token    string   `json:"token"`
}

// An Approval is what the task comes to.
type Approval struct {
	By string `json:"by"`
}

func main() {
	machine, err := asl.Parse(definition)
	if err != nil {
		log.Fatal(err)
	}

	post := &postOffice{mails: make(chan string, 1)}
	tasks := engine.NewMux()
	tasks.Handle("mail-approver", engine.Func(post.mailApprover))
	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()

	server := httptest.NewServer(approvals(eng))
	defer server.Close()
	post.server = server.URL

	ctx := context.Background()
	for _, c := range []struct {
		purchase Purchase
		decision url.Values // nil when nobody decides
	}{
		{Purchase{Item: "laptop", Price: 1200}, url.Values{"decision": {"approve"}, "by": {"dana"}}},
		{Purchase{Item: "yacht", Price: 800_000}, url.Values{"decision": {"refuse"}, "reason": {"There is no harbour"}}},
		{Purchase{Item: "desk", Price: 350}, nil},
	} {
		item, began := c.purchase.Item, clock.Now()
		run, err := eng.StartExecution(ctx, machine, c.purchase)
		if err != nil {
			log.Fatal(err)
		}
		link := <-post.mails
		if c.decision != nil {
			fmt.Printf("%s: the answer is %s\n", item, follow(link, c.decision))
		}

		// Only while somebody waits for the end does a virtual clock move.
		result, err := run.Wait(ctx)
		after := clock.Now().Sub(began)
		if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
			fmt.Printf("%s: %s after %v: %s: %s\n", item, failed.Status, after, failed.Name, failed.Cause)
		} else if err != nil {
			log.Fatal(err)
		} else {
			fmt.Printf("%s: SUCCEEDED after %v: %s\n", item, after, result.Output())
		}

		// What is settled can't be decided anew.
		fmt.Printf("%s: a later answer is %s\n\n", item, follow(link, url.Values{"decision": {"approve"}}))
	}
}

// A postOffice delivers the mails of this example to itself.
type postOffice struct {
	server string
	mails  chan string // the link in each
}

// mailApprover asks for an approval. That it returns doesn't end its task: only
// the Task Token does.
func (p *postOffice) mailApprover(_ context.Context, r Request) (string, error) {
	fmt.Printf("%s: mail to the approver: may we spend %d?\n", r.Purchase.Item, r.Purchase.Price)
	p.mails <- p.server + "/approvals/" + r.Token
	return "mail sent", nil
}

// follow follows a link and answers. It returns the status of the reply.
func follow(link string, decision url.Values) string {
	reply, err := http.PostForm(link, decision)
	if err != nil {
		log.Fatal(err)
	}
	reply.Body.Close()
	return reply.Status
}

// approvals is the HTTP side: it takes decisions at /approvals/TOKEN.
func approvals(eng *engine.Engine) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /approvals/{token}", func(w http.ResponseWriter, r *http.Request) {
		token := r.PathValue("token")
		var err error
		switch decision := r.FormValue("decision"); decision {
		case "approve":
			err = eng.SendTaskSuccess(r.Context(), token, Approval{By: r.FormValue("by")})
		case "refuse":
			err = eng.SendTaskFailure(r.Context(), token, "Refused", r.FormValue("reason"))
		default:
			http.Error(w, "approve or refuse?", http.StatusBadRequest)
			return
		}
		switch {
		case err == nil:
			fmt.Fprintln(w, "Thank you.")
		case errors.Is(err, engine.ErrTaskDoesNotExist), errors.Is(err, engine.ErrTaskTimedOut):
			http.Error(w, "This was settled already.", http.StatusGone)
		case errors.Is(err, engine.ErrInvalidToken):
			http.NotFound(w, r)
		default:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}
