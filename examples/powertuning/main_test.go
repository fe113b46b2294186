package main

func Example() {
	main()
	// Output:
	// resize-image, by speed
	//    128 MB:    5.6s,  11.67 USD for a million
	//    512 MB:    1.4s,  11.67 USD for a million
	//   1024 MB:   700ms,  11.67 USD for a million
	//   1792 MB:   400ms,  11.67 USD for a million
	//   3008 MB:   400ms,  19.58 USD for a million
	//   best: 1792 MB, and resize-image has 1792 MB now
	//   took 1m7s, and left 0 versions behind
	//
	// resize-image, by balanced
	//    128 MB:    5.6s,  11.67 USD for a million
	//    512 MB:    1.4s,  11.67 USD for a million
	//   1024 MB:   700ms,  11.67 USD for a million
	//   1792 MB:   400ms,  11.67 USD for a million
	//   3008 MB:   400ms,  19.58 USD for a million
	//   best: 1792 MB, and resize-image has 1792 MB now
	//   took 1m8s, and left 0 versions behind
	//
	// fetch-prices, by cost
	//    128 MB:   278ms,   0.58 USD for a million
	//    512 MB:   257ms,   2.14 USD for a million
	//   1024 MB:   254ms,   4.23 USD for a million
	//   best: 128 MB, and fetch-prices has 128 MB now
	//   took 9.78s, and left 0 versions behind
	//
	// load-model, by cost
	//    256 MB: too small
	//   1024 MB:   5.25s,  87.50 USD for a million
	//   2048 MB:      3s, 100.00 USD for a million
	//   best: 1024 MB, and load-model has 1024 MB now
	//   took 22.75s, and left 0 versions behind
	//
	// broken, by cost
	//   FAILED: errorString: {"errorMessage":"no connection to the database","errorType":"errorString"}
	//   took 3.001s, and left 0 versions behind
	//
	// resize-image, by cost
	//   FAILED: BadOrder: there are no powers to try
	//   took 0s, and left 0 versions behind
}
