package main

import (
	"log"
	"os"
	"testing"
)

// TestMain lets the test's own program be the process that the example starts.
func TestMain(m *testing.M) {
	if os.Getenv(dayVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func Example() {
	if err := show(os.Stdout, ""); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Monday
	//   books: invoice mailed
	//   chairs: invoice mailed
	//   lamps: invoice mailed
	//   books: paid by the link in the mail
	//   books: packing, key books/9
	//   (signal: killed)
	// Tuesday
	//   books: packing, key books/9
	//   chairs: paid by the link in the mail
	//   chairs: packing, key chairs/9
	//   = lamps: RUNNING in AskForPayment, 5 events
	//   = chairs: RUNNING in Week, 13 events
	//   = books: RUNNING in Week, 13 events
	//   (signal: killed)
	// Two weeks later
	//   books: are you happy with them?
	//   chairs: are you happy with them?
	//   = lamps: ABORTED in AskForPayment, 6 events
	//   = chairs: SUCCEEDED in FollowUp, 20 events
	//   = books: SUCCEEDED in FollowUp, 20 events
}
