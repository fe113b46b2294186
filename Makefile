# gostates: one command checks everything.
#
#   make check    what has to pass before a change goes in
#   make help     the other targets

GO        ?= go
# A count of inputs, not a time: a worker that is at work when the time is up sometimes
# reports the deadline as a failure.
FUZZTIME  ?= 3000x
BENCHTIME ?= 1x
# The race detector leaves SQLite out, which is C translated to Go: looking into it takes three
# times as long. It looks into all that calls SQLite.
RACE       = -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false
# A folder with case files to run besides the project's own, if there is one.
CASES     ?= ../shared

.DEFAULT_GOAL := help
.PHONY: help check format vet lint vulnerabilities test modules examples fuzz bench cases temporal

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: format vet lint vulnerabilities test modules examples fuzz bench cases ## everything below

format: ## gofmt would change nothing
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

lint: ## staticcheck, in the version that go.mod pins
	$(GO) tool staticcheck ./...

vulnerabilities: ## known ones in what is built, where their database can be had
	@$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... >.vulnerabilities.log 2>&1; failed=$$?; \
	if grep -q 'fetching vulnerabilities' .vulnerabilities.log; then echo "NOT TESTED: vulnerabilities: their database can't be reached"; failed=0; \
	else cat .vulnerabilities.log; fi; rm -f .vulnerabilities.log; exit $$failed

test: ## all tests, with the race detector
	$(GO) test $(RACE) ./...

MODULES = $(patsubst ./%/go.mod,module/%,$(shell find . -mindepth 2 -name go.mod -not -path '*/testdata/*' -not -path '*/servertest/*'))

modules: ## vet, lint and test the modules within this one, which ./... leaves out, two at a time
	@$(MAKE) --no-print-directory -j 2 $(MODULES)

module/%: # what was NOT TESTED, and why; all that was printed when something failed
	@log=$$(mktemp); lint=$$($(GO) tool -n staticcheck); \
	(cd $* && $(GO) vet ./... && $$lint ./... && $(GO) test $(RACE) -v ./...) >$$log 2>&1; failed=$$?; \
	echo "module ./$*"; if [ $$failed = 0 ]; then grep -e '^ok' -e 'NOT TESTED' $$log; else grep -v '^ *\(===\|--- PASS\)' $$log; fi; rm -f $$log; exit $$failed

temporal: ## engine/temporal against Temporal's own server, whose first build takes some minutes
	cd engine/temporal/servertest && $(GO) vet ./... && GOSTATES_TEMPORAL=1 CASES=$(wildcard $(abspath $(CASES))/aws-recorded) $(GO) test -count 1 -v ./...

examples: ## every example, to its end
	@for dir in examples/*/; do echo "go run ./$$dir"; $(GO) run ./$$dir >/dev/null || exit 1; done

fuzz: ## each fuzz target: its seeds, and FUZZTIME inputs; how many it ran
	@grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort | while IFS=: read -r file function; do \
		package=$$(dirname $$file); target=$${function#func }; \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -parallel 2 $$package </dev/null >.fuzz.log 2>&1 || { cat .fuzz.log; rm -f .fuzz.log; exit 1; }; \
		echo "fuzz $$package $$target: $$(sed -n 's/^fuzz: elapsed: \([^,]*\), execs: \([0-9]*\).*/\2 executions in \1/p' .fuzz.log | tail -n 1)"; \
	done || exit 1; rm -f .fuzz.log

bench: ## every benchmark, BENCHTIME long (one run unless said otherwise)
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

cases: ## the case files in the folder CASES, if it exists
	@if [ -d "$(CASES)" ]; then CASES="$(CASES)" GO="$(GO)" sh .ci/cases; else echo "no folder $(CASES): no further cases"; fi
