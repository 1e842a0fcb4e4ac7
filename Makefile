# `make` or `make help` lists what can be done. Each target prepares what it needs.

SHELL := /bin/bash
BIN := .venv/bin
# The oldest supported Python first: what passes there passes on newer ones.
PYTHON = $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
ARGS ?=
INSTANCES ?=

.DEFAULT_GOAL := help
.PHONY: help setup system demo test check format messages conformance bench fuzz lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
	@echo "bench-NAME    Run one benchmark, bench/NAME.py; ARGS are passed on"

setup: ## Virtual environment, pinned dependencies, front-end files, viewer
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) tools/prepare.py

system: setup ## Install, or name, the programs the tests use
	@$(BIN)/python tools/system.py

demo: setup ## Run a night of the pool, then keep serving; ARGS are passed on
	@$(BIN)/plateau demo $(ARGS)

# The same hash seed in both processes: they must collect the same tests in the same order.
test: setup system ## Every test, in two processes; ARGS are passed to pytest
	@PYTHONHASHSEED=0 $(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

check: setup ## Format, lint, import contracts, types, translations, locks, sizes
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/basedpyright
	$(BIN)/python tools/checks.py

format: setup ## Put the code in its one form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

messages: setup ## Bring the French messages up to date with the sources
	@$(BIN)/python tools/messages.py

conformance: setup ## Write the DICOM conformance statement of what is configured
	@$(BIN)/python tools/conformance.py

bench: setup ## Run every benchmark; results go to bench/results
	@set -e; for file in $(filter-out bench/harness.py,$(wildcard bench/*.py)); do \
		PYTHONPATH=tools $(BIN)/python $$file; done

bench-%: setup
	@INSTANCES="$(INSTANCES)" PYTHONPATH=tools $(BIN)/python bench/$*.py $(ARGS)

fuzz: setup ## Read broken DICOM for a minute, keep what breaks; ARGS: seconds and a seed
	@$(BIN)/python -W ignore tools/fuzz.py $(ARGS)

lock: setup ## Pin the newest dependencies that are a week old
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --universal --python-version 3.11 --upgrade \
		--exclude-newer "$$(date -u -d '7 days ago' +%Y-%m-%d)" \
		--custom-compile-command "make lock" \
		pyproject.toml --group dev --output-file requirements.lock

clean: ## Remove everything that was built or installed here
	rm -rf .venv .stamps node_modules build test-results bench/results/*.log bench/results/*-quick.json \
		src/plateau/web/vendor src/plateau/web/viewer \
		.pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
