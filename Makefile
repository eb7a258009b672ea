# `make help` lists what there is.
SHELL := /bin/bash
SWIFT_FLAGS := --explicit-target-dependency-import-check error

.PHONY: build
build:
	swift build $(SWIFT_FLAGS) -c release
