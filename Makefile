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

.PHONY: help packages environments setup build install lint check test test-orchestrator \
  test-python test-report parity parity-score chaos durability fuzz asan tsan demo bench \
  bench-fanout bench-store bench-score bench-report format clean

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

test-orchestrator: packages environments ## model-orchestrator as the Python client sees it
	@mkdir -p $(LOGS)
	@echo 'test-orchestrator: building (the first time takes some minutes)'
	@swift build $(SWIFT_FLAGS) --product model-orchestrator 2>&1 | tail -n 3
	@python=$$(Tests/Python/environments.sh client)/bin/python; \
	export MODEL_ORCHESTRATOR=$$(swift build $(SWIFT_FLAGS) --show-bin-path)/model-orchestrator; \
	"$$python" Tests/Python/test_orchestrator_feed.py 2>&1 | \
	  tee $(LOGS)/test-orchestrator.log

test: setup lint test-python ## all tests: units, simulation, integration with real peers
	@mkdir -p $(LOGS)
	@echo 'test: building (log: $(LOGS)/build.log)'
	@swift build $(SWIFT_FLAGS) --build-tests 2>&1 | tee $(LOGS)/build.log
	@echo 'test: running (log: $(LOGS)/test.log)'
	@swift test $(SWIFT_FLAGS) --skip-build --no-parallel 2>&1 | tee $(LOGS)/test.log
	@$(MAKE) --no-print-directory test-report test-orchestrator

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

parity: build environments ## the same faults to the Python client and to ours: equal outcomes
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh client)/bin/python; \
	bin=$$(swift build $(RELEASE) --show-bin-path); \
	"$$python" Tests/Python/parity.py --updraft "$$bin/updraft" \
	  $(PARITY_ARGS) 2>&1 | tee $(LOGS)/parity.log

parity-score: environments ## 500 random predictions of each kind to densitypdf and crunch-synth and to ours
	SCORE_PARITY_COUNT=500 swift test $(SWIFT_FLAGS) --no-parallel \
	  --filter '^ScoringTests.ParityTests' 2>&1 | tee $(LOGS)/parity-score.log

chaos: build ## 1000 models with every fault at once: rounds, then the rows of their ledger
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/chaos.py --updraft "$$bin/updraft" \
	  $(CHAOS_ARGS) 2>&1 | tee $(LOGS)/chaos.log; \
	python3 Tests/Python/ledger.py --updraft "$$bin/updraft" \
	  --predict-worker "$$bin/predict-worker" $(LEDGER_ARGS) 2>&1 | tee $(LOGS)/ledger.log

durability: build ## the database away for a minute, and 60 kills: is every prediction there, once?
	@mkdir -p $(LOGS)
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	python3 Tests/Python/durability.py --updraft "$$bin/updraft" --worker "$$bin/predict-worker" \
	  $(DURABILITY_ARGS) 2>&1 | tee $(LOGS)/durability.log

# Per target. Nine targets make 72 s of continuous integration.
FUZZ_SECONDS ?= 8

fuzz: packages ## hostile bytes to every reader: FUZZ_SECONDS=8 a target, FUZZ_ARGS="--target reply"
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

ifeq ($(SECURE),1)
demo:
	@echo 'demo: SECURE=1 is not in this release yet; leave it out' >&2; exit 1
else
demo: build ## the whole game: DEMO_ROUNDS=n stops after n predict rounds
	@$$(swift build $(RELEASE) --show-bin-path)/updraft demo \
	  $(if $(DEMO_ROUNDS),--rounds $(DEMO_ROUNDS))
endif

bench: bench-fanout bench-store bench-score bench-report ## all benchmarks

bench-fanout: build environments ## one predict to 1000 models: the Python client and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh client)/bin/python; \
	bin=$$(swift build $(RELEASE) --show-bin-path); \
	"$$python" Tests/Python/bench_fanout.py --updraft "$$bin/updraft" \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-fanout.log

bench-store: packages ## 1000 predictions into PostgreSQL: SQLAlchemy and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh bench)/bin/python; \
	swift build -c release --package-path Benchmarks --product bench-store; \
	bin=$$(swift build -c release --package-path Benchmarks --show-bin-path); \
	"$$bin/bench-store" --python "$$python" $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-store.log

bench-score: packages ## one prediction's score: densitypdf, crunch-synth and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh score)/bin/python; \
	swift build -c release --package-path Benchmarks --product bench-score; \
	bin=$$(swift build -c release --package-path Benchmarks --show-bin-path); \
	"$$bin/bench-score" --python "$$python" $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-score.log

bench-report: build environments ## a leaderboard of 1000 over HTTP: FastAPI and ours, in turn
	@mkdir -p $(LOGS)
	@python=$$(Tests/Python/environments.sh report)/bin/python; \
	bin=$$(swift build $(RELEASE) --show-bin-path); \
	"$$python" Tests/Python/bench_report.py --worker "$$bin/report-worker" \
	  $(BENCH_ARGS) 2>&1 | tee $(LOGS)/bench-report.log

format: ## write every Swift file in the project's format
	@.ci/wrap-comments $(SWIFT_SOURCES)
	swift format --in-place --recursive $(SWIFT_SOURCES)

clean: ## remove what was built (the Python environments stay)
	rm -rf .build .build-asan .build-fuzz .build-tsan Benchmarks/.build $(LOGS)
