# `make help` lists what there is. Every target can be run first: it does the setup that it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
PROGRAMS := predict-worker score-worker model-orchestrator report-worker updraft

# No target may import what it does not name in Package.swift.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
RELEASE := -c release $(SWIFT_FLAGS)
SWIFT_SOURCES := Package.swift Sources Tests $(wildcard Benchmarks/Package.swift Benchmarks/Sources)
LOGS := artefacts

# The parts that a sanitizer can say something about: C libraries, threads, raw memory.
SANITIZED := Competition|Compression|Cryptography|TLSEngine|Identity|JSON|HTTP2|GRPC|WebSocket
SANITIZED := $(SANITIZED)|EventLoop|Telemetry|ServiceRuntime|ModelRunner|Storage

.PHONY: help packages environments setup build install lint check test test-python test-report \
  test-docs test-orchestrator test-bench parity parity-client parity-score chaos durability fuzz \
  asan tsan demo counts bench bench-fanout bench-limit bench-secure bench-store bench-score \
  bench-report bench-end-to-end bench-orchestrator bench-peers format clean

help: ## list the targets
	@echo 'make demo    the whole game on this machine (DEMO_ROUNDS=3 stops by itself)'
	@echo 'make test    everything that must hold'
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	  awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

packages: ## Debian's packages (as root or with sudo; skips what is there)
	@.ci/setup

environments: packages ## the Python environments of the tests, cached in ~/.cache/updraft
	@Tests/Python/environments.sh runner client bench identity listener score report >/dev/null

setup: packages environments ## everything that the build, the demo and the tests need

build: packages ## all programs, optimised
	@for program in $(PROGRAMS); do \
	  echo "build: $$program (the first time takes some minutes)"; \
	  swift build $(RELEASE) --product $$program; \
	done

install: build ## the programs into $(PREFIX)/bin (PREFIX=/usr/local, DESTDIR=)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	for program in $(PROGRAMS); do \
	  install -D -m 0755 "$$bin/$$program" "$(DESTDIR)$(PREFIX)/bin/$$program"; \
	  echo "installed $(DESTDIR)$(PREFIX)/bin/$$program"; \
	done

lint: ## the format of every Swift file, the syntax of every script
	@echo 'lint: swift format'
	@swift format lint --strict --recursive $(SWIFT_SOURCES)
	@for script in .ci/run .ci/setup $$(git ls-files '*.sh'); do bash -n "$$script"; done

check: packages lint ## lint and a quick debug build, no tests
	swift build $(SWIFT_FLAGS)

test-python: environments ## the Python tools and the example participants, with real models
	@echo 'test-python: running'
	@RUNNER_PYTHON=$$(Tests/Python/environments.sh runner)/bin/python \
	  $$(Tests/Python/environments.sh client)/bin/python Tests/Python/test_tools.py
	@PYTHONPATH=examples/tracker-game/basegame PYTHONDONTWRITEBYTECODE=1 \
	  $$(Tests/Python/environments.sh runner)/bin/python \
	  examples/tracker-game/tests/test_participants.py

test: setup lint test-python ## all tests: units, simulation, integration with real peers
	@mkdir -p $(LOGS)
	@echo 'test: building (log: $(LOGS)/build.log)'
	@swift build $(SWIFT_FLAGS) --build-tests 2>&1 | tee $(LOGS)/build.log
	@echo 'test: running (log: $(LOGS)/test.log)'
	@swift test $(SWIFT_FLAGS) --skip-build --no-parallel 2>&1 | tee $(LOGS)/test.log
	@$(MAKE) --no-print-directory test-report test-docs test-orchestrator test-bench

test-docs: packages environments ## the pages' commands: each exists, and two pages played as they are
	@mkdir -p $(LOGS)
	@echo 'test-docs: building (the first time takes some minutes)'
	@for program in $(PROGRAMS); do \
	  swift build $(SWIFT_FLAGS) --product $$program 2>&1 | tail -n 1; \
	done
	@PROGRAMS=$$(swift build $(SWIFT_FLAGS) --show-bin-path) PYTHONDONTWRITEBYTECODE=1 \
	  $$(Tests/Python/environments.sh client)/bin/python Tests/Python/test_docs.py 2>&1 | \
	  tee $(LOGS)/test-docs.log

test-report: packages environments ## the report beside FastAPI, under attack and in a browser
	@mkdir -p $(LOGS)
	@echo 'test-report: building (the first time takes some minutes)'
	@swift build $(SWIFT_FLAGS) --product report-worker 2>&1 | tail -n 3
	@python=$$(Tests/Python/environments.sh report)/bin/python; \
	export REPORT_WORKER=$$(swift build $(SWIFT_FLAGS) --show-bin-path)/report-worker; \
	for test in test_report test_report_pages; do \
	  echo "test-report: $$test (log: $(LOGS)/$$test.log)"; \
	  "$$python" Tests/Python/$$test.py 2>&1 | tee $(LOGS)/$$test.log; \
	done

test-orchestrator: packages environments ## model-orchestrator: pip's client on its feed, its deployment API
	@mkdir -p $(LOGS)
	@echo 'test-orchestrator: building (the first time takes some minutes)'
	@for program in model-orchestrator updraft; do \
	  swift build $(SWIFT_FLAGS) --product $$program 2>&1 | tail -n 1; \
	done
	@bin=$$(swift build $(SWIFT_FLAGS) --show-bin-path); \
	export MODEL_ORCHESTRATOR="$$bin/model-orchestrator" UPDRAFT="$$bin/updraft"; \
	for test in test_orchestrator_feed test_orchestrator_api; do \
	  echo "test-orchestrator: $$test (log: $(LOGS)/$$test.log)"; \
	  $$(Tests/Python/environments.sh client)/bin/python Tests/Python/$$test.py 2>&1 | \
	    tee $(LOGS)/$$test.log; \
	done

test-bench: packages environments ## every benchmark tiny, and its page in a browser
	@mkdir -p $(LOGS)
	@echo 'test-bench: building (the first time takes some minutes)'
	@for program in updraft predict-worker score-worker report-worker; do \
	  swift build $(SWIFT_FLAGS) --product $$program 2>&1 | tail -n 1; \
	done
	@export UPDRAFT=$$(swift build $(SWIFT_FLAGS) --show-bin-path)/updraft; \
	$$(Tests/Python/environments.sh report)/bin/python Tests/Python/test_bench.py 2>&1 | \
	  tee $(LOGS)/test-bench.log

parity: parity-client parity-score ## the Python client and Condor's scoring beside ours: equal results

parity-client: build environments ## the same faults to the Python client and to ours: equal outcomes
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh client)/bin/python; \
	bin=$$(swift build $(RELEASE) --show-bin-path); \
	"$$python" Tests/Python/parity.py --updraft "$$bin/updraft" \
	  $(PARITY_ARGS) 2>&1 | tee $(LOGS)/parity.log

# How many predictions are drawn of each family, the mixtures, the scipy names, the bad inputs.
SCORE_PARITY_COUNT ?= 500

parity-score: environments ## whole runs of scoring, and drawn predictions, beside the Python packages
	@mkdir -p $(LOGS)
	SCORE_PARITY_COUNT=$(SCORE_PARITY_COUNT) swift test $(SWIFT_FLAGS) --no-parallel \
	  --filter '^(ScoringTests.ParityTests|ScoreWorkerTests.(Condor|Drawn)ParityTests|ScoreWorkerTests.CRPSGameTests)' \
	  2>&1 | tee $(LOGS)/parity-score.log

chaos: build ## 1000 models with every fault at once: rounds, then the rows of their ledger
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/chaos.py --updraft "$$bin/updraft" \
	  $(CHAOS_ARGS) 2>&1 | tee $(LOGS)/chaos.log; \
	python3 Tests/Python/ledger.py --updraft "$$bin/updraft" \
	  --predict-worker "$$bin/predict-worker" $(LEDGER_ARGS) 2>&1 | tee $(LOGS)/ledger.log

durability: build ## the database away again and again, and 60 kills: is every prediction there, once?
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/durability.py --updraft "$$bin/updraft" --worker "$$bin/predict-worker" \
	  $(DURABILITY_ARGS) 2>&1 | tee $(LOGS)/durability.log

# Per target. Nine targets make 72 s of continuous integration.
FUZZ_SECONDS ?= 8

fuzz: packages ## hostile bytes to nine readers: FUZZ_SECONDS=8 a target, FUZZ_ARGS="--target reply"
	@Tests/Fuzz/fuzz.py --seconds $(FUZZ_SECONDS) $(FUZZ_ARGS)

asan: packages ## the tests of the lower layers under the address sanitizer
	@mkdir -p $(LOGS)
	LSAN_OPTIONS="suppressions=$(CURDIR)/.ci/lsan-suppressions.txt" \
	swift test $(SWIFT_FLAGS) --sanitize address --scratch-path .build-asan --no-parallel \
	  --filter '^($(SANITIZED))Tests' 2>&1 | tee $(LOGS)/asan.log

tsan: packages ## the tests of the lower layers under the thread sanitizer
	@mkdir -p $(LOGS)
	TSAN_OPTIONS="suppressions=$(CURDIR)/.ci/tsan-suppressions.txt" \
	swift test $(SWIFT_FLAGS) --sanitize thread --scratch-path .build-tsan --no-parallel \
	  --filter '^($(SANITIZED))Tests' 2>&1 | tee $(LOGS)/tsan.log

demo: build ## the whole game: DEMO_ROUNDS=n stops after n predict rounds; SECURE=1
	@$$(swift build $(RELEASE) --show-bin-path)/updraft demo \
	  $(if $(DEMO_ROUNDS),--rounds $(DEMO_ROUNDS)) $(if $(filter 1,$(SECURE)),--secure)

counts: packages ## allocations, system calls and instructions of a call, against Benchmarks/baselines.json
	@mkdir -p $(LOGS) Benchmarks/.build
	@echo 'counts: building (the first time takes some minutes)'
	@swift build -c release --package-path Benchmarks --product bench-counts 2>&1 | tail -n 1
	@swift build $(SWIFT_FLAGS) --product updraft 2>&1 | tail -n 1
	@cc -O2 -Wall -Wextra -Werror -shared -fPIC -o Benchmarks/.build/allocations.so \
	  Benchmarks/counts/allocations.c
	@python3 Benchmarks/Python/counts.py \
	  --program $$(swift build -c release --package-path Benchmarks --show-bin-path)/bench-counts \
	  --shim $(CURDIR)/Benchmarks/.build/allocations.so \
	  --updraft $$(swift build $(SWIFT_FLAGS) --show-bin-path)/updraft \
	  $(COUNTS_ARGS) 2>&1 | tee $(LOGS)/counts.log

BENCHES := bench-fanout bench-limit bench-secure bench-store bench-score bench-report \
  bench-end-to-end bench-orchestrator bench-peers

bench: $(BENCHES) ## all benchmarks

# Clients beside ours: the Python one, and those of Benchmarks that are built.
bench-peers: build environments ## fan-out and deadline: every client that is there, in turn; JSON and pages
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	peers=(--peer "model-runner-client=$$(Tests/Python/environments.sh client)/bin/python \
	  '$(CURDIR)/Tests/Python/client_call.py' {method} {arguments} --orchestrator {orchestrator} \
	  --crunch {crunch} --rounds {rounds} --timeout {timeout}"); \
	for peer in limit grpcpp; do \
	  program=$(CURDIR)/Benchmarks/.build/$$peer/$$peer; \
	  if [ -x "$$program" ]; then peers+=(--peer "$$peer='$$program'"); fi; \
	done; \
	if [ -f Benchmarks/Python/aio_peer.py ]; then \
	  peers+=(--peer "grpc.aio=$$(Tests/Python/environments.sh client)/bin/python \
	    '$(CURDIR)/Benchmarks/Python/aio_peer.py'"); \
	fi; \
	"$$bin/updraft" bench fanout "$${peers[@]}" --json $(LOGS)/bench-fanout.jsonl \
	  --html $(LOGS)/bench-fanout.html $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-peers.log; \
	"$$bin/updraft" bench deadline --json $(LOGS)/bench-deadline.jsonl \
	  --html $(LOGS)/bench-deadline.html 2>&1 | tee -a $(LOGS)/bench-peers.log

bench-fanout: build environments ## one predict to 1000 models: the Python client and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh client)/bin/python; \
	bin=$$(swift build $(RELEASE) --show-bin-path); \
	"$$python" Tests/Python/bench_fanout.py --updraft "$$bin/updraft" \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-fanout.log

bench-secure: build ## 1000 models over mutual TLS with delegations and over plain TCP, in turn
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/bench_secure.py --updraft "$$bin/updraft" \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-secure.log

bench-limit: build environments ## the fan-out beside a C program that does nothing else, and other clients
	@mkdir -p $(LOGS)
	@$(MAKE) --no-print-directory -C Benchmarks/limit all check
	@if command -v grpc_cpp_plugin >/dev/null; then $(MAKE) --no-print-directory -C Benchmarks/grpcpp; \
	else echo 'bench-limit: without C++ gRPC (libgrpc++-dev, protobuf-compiler-grpc)'; fi
	@python3 Benchmarks/Python/bench_limit.py \
	  --updraft $$(swift build $(RELEASE) --show-bin-path)/updraft \
	  --limit Benchmarks/.build/limit/limit --grpcpp Benchmarks/.build/grpcpp/grpcpp \
	  --python $$(Tests/Python/environments.sh client)/bin/python \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-limit.log

bench-store: packages ## 1000 predictions into PostgreSQL: SQLAlchemy and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh bench)/bin/python; \
	swift build -c release --package-path Benchmarks --product bench-store; \
	bin=$$(swift build -c release --package-path Benchmarks --show-bin-path); \
	"$$bin/bench-store" --python "$$python" $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-store.log

bench-score: packages ## one score beside Python's; a backlog; a million scores (BENCH_ARGS="--part windows")
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh score)/bin/python; \
	swift build $(RELEASE) --product score-worker; \
	worker=$$(swift build $(RELEASE) --show-bin-path)/score-worker; \
	swift build -c release --package-path Benchmarks --product bench-score; \
	bin=$$(swift build -c release --package-path Benchmarks --show-bin-path); \
	"$$bin/bench-score" --python "$$python" --worker "$$worker" \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-score.log

bench-report: build environments ## a leaderboard of 1000 over HTTP: FastAPI and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh report)/bin/python; \
	bin=$$(swift build $(RELEASE) --show-bin-path); \
	"$$python" Tests/Python/bench_report.py --worker "$$bin/report-worker" \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-report.log

bench-end-to-end: build ## a new price to answers that are kept: 1000 models and 20, the real worker
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/bench_end_to_end.py --updraft "$$bin/updraft" \
	  --worker "$$bin/predict-worker" $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-end-to-end.log

bench-orchestrator: build ## 100 native and 10 Python models: start, change, kill, stop
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/bench_orchestrator.py --orchestrator "$$bin/model-orchestrator" \
	  --updraft "$$bin/updraft" $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-orchestrator.log

format: ## write every Swift file in the project's format
	@.ci/wrap-comments $(SWIFT_SOURCES)
	swift format --in-place --recursive $(SWIFT_SOURCES)

clean: ## remove what was built (the Python environments stay)
	rm -rf .build .build-asan .build-fuzz .build-tsan Benchmarks/.build $(LOGS)
