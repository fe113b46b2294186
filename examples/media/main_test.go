package main

func Example() {
	main()
	// Output:
	// sunset.gif
	//   12 frames of 64x48, 1.2 s
	//   thumbnails: [sunset.gif-0.png sunset.gif-8.png]
	//   copy: small-sunset.gif, 32x24
	//   tags: [black orange red]
	// forest.gif
	//   20 frames of 64x48, 2.0 s
	//   thumbnails: [forest.gif-0.png forest.gif-8.png forest.gif-16.png]
	//   copy: small-forest.gif, 32x24
	//   tags: [brown green]
	// photo.gif
	//   FAILED: Rejected: one picture is no film
	// notes.gif
	//   FAILED: Rejected: gif: can't recognize format "not a "
	// lost.gif
	//   FAILED: NoSuchFile: lost.gif
	// published: [forest.gif sunset.gif]
}
