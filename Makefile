# The commands of this repository. "make help" lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test build check e2e bench gen torture fmt

# Go from its usual place where the path does not have it; no C compiler; the
# version comes from git below, so Go need not ask git itself.
export PATH := $(PATH):/usr/local/go/bin
export CGO_ENABLED := 0
export GOFLAGS := -buildvcs=false $(GOFLAGS)
export AYNI_AXE ?= $(CURDIR)/.cache/axe.min.js

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO_FILES = find . -name '*.go' -not -path './.git/*' -not -path './.cache/*'

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build, and start the demo at http://127.0.0.1:8080
	@echo "The demo keeps its data in $${AYNI_DATA:-./ayni-data}. Once it says \"ready at\", open that address,"
	@echo "choose \"Sign in\", and take one of the ready-made accounts: they have no password. Ctrl+C ends it."
	@AYNI_DATA="$${AYNI_DATA:-./ayni-data}" exec bin/ayni serve --demo

build: ## build bin/ayni: one static file, with Go alone
	@scripts/setup build
	go build -trimpath -ldflags '-s -w -X ayni/internal/cli.Version=$(VERSION)' -o bin/ayni ./cmd/ayni

test: ## every test: unit, both database engines, browser, accessibility
	@scripts/setup test
	go build -o .cache/testsum ./scripts/testsum
	CI=true scripts/with-postgres go test -json -count=1 -shuffle=on -timeout 30m ./... | .cache/testsum

e2e: ## the browser tests alone
	@scripts/setup test
	go build -o .cache/testsum ./scripts/testsum
	CI=true scripts/with-postgres go test -json -count=1 -timeout 30m ./e2e/... | .cache/testsum

bench: ## measure against the budgets
	@scripts/setup test
	scripts/with-postgres go test -run '^$$' -bench . -benchmem -count=1 -timeout 60m ./bench/...

torture: ## the long tests: fuzzing, 100 kill rounds, all languages; writes docs/torture.md
	@scripts/setup torture
	CI=true scripts/torture

check: ## formatting, vet, staticcheck, generated files, modules
	@scripts/setup build
	@unformatted=$$($(GO_FILES) -exec gofmt -l {} +); \
		if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	scripts/generated
	go mod tidy -diff
	go mod verify

gen: ## write the generated files: pages (*_templ.go) and locale/en.json
	go tool templ generate
	go run ./internal/kernel/i18n/extract

fmt: ## format Go and templ files
	$(GO_FILES) -exec gofmt -w {} +
	go tool templ fmt .
