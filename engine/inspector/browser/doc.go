// Package browser has no code to import: its tests look at the pages of package inspector with
// a real browser, Chromium, as a reader does: with scripts and without, in light and in dark, by
// keyboard alone, and with axe, which knows what is in the way of people who can't see well.
//
// Without Chromium the tests are skipped, and without axe, which is installed from the npm
// registry into the user's cache folder when the environment variable GOSTATES_NPM is 1, the
// test that needs it. A line that begins with "NOT TESTED" says so, and what would help; make
// modules prints such lines.
//
// With GOSTATES_SCREENSHOTS the tests write pictures of the pages into a folder of that name.
package browser
