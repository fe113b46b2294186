package main

func Example() {
	main()
	// Output:
	// laptop: mail to the approver: may we spend 1200?
	// laptop: the answer is 200 OK
	// laptop: SUCCEEDED after 0s: {"item":"laptop","price":1200,"approval":{"by":"dana"}}
	// laptop: a later answer is 410 Gone
	//
	// yacht: mail to the approver: may we spend 800000?
	// yacht: the answer is 200 OK
	// yacht: FAILED after 0s: Refused: There is no harbour
	// yacht: a later answer is 410 Gone
	//
	// desk: mail to the approver: may we spend 350?
	// desk: FAILED after 24h0m0s: NobodyAnswered: The request was open for a day
	// desk: a later answer is 410 Gone
}
