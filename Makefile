# suwen: `make run` and `make test` set up everything they need by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := deploy/lock
SOURCES := $(LOCK)/build.txt pyproject.toml $(wildcard tools/hatch_*.py)

# Programs of others that tests and benches talk to, in environments of their own.
TEST_PEERS := tests/peers/node_modules/.ready $(VENV)/peers/healthchain/.ready
BENCH_PEERS := bench/peers/node_modules/.ready $(VENV)/peers/litellm/.ready $(VENV)/peers/presidio/.ready

.PHONY: help setup run test check soak bench lock packages clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.runtime-ready ## virtual environment, locked dependencies, the suwen command

run: setup ## the whole platform on this machine, with the demonstration hospital
	@$(BIN)/suwen model pull --if-missing
	@exec $(BIN)/suwen up

test: ## everything, browser included
	@mkdir -p $(VENV)
	@$(MAKE) --no-print-directory -j 2 packages $(VENV)/.development-ready $(TEST_PEERS)
	@$(BIN)/python tools/run_tests.py --beside "$(MAKE) --no-print-directory check"

check: $(VENV)/.development-ready ## lint, types, architecture
	@$(BIN)/ruff format --check --quiet src tests bench tools
	@$(BIN)/ruff check --quiet src tests bench tools
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/import-contracts.log || (cat $(VENV)/import-contracts.log; false)

soak: $(VENV)/.peers-ready ## the long kill, load, leak and fuzz runs; writes tests/soak/results
	@$(MAKE) --no-print-directory packages $(TEST_PEERS)
	@$(BIN)/python tools/run_soak.py

bench: $(VENV)/.peers-ready $(BENCH_PEERS) ## measurements against a peer or limit in the same run
	@$(BIN)/python bench/run.py

lock: ## makes the lock files anew; needs uv on the path
	@for name in runtime development peers build peer-healthchain peer-litellm peer-presidio; do \
	  uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --python-version 3.11 $(LOCK)/$$name.in -o $(LOCK)/$$name.txt; done
	@echo django-htmx | uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --no-deps --python-version 3.11 - >> $(LOCK)/build.txt

clean: ## removes what the build made; the state directory stays
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.runtime-ready: $(LOCK)/runtime.txt $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "suwen needs Python 3.11 or newer; set PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up: locked dependencies" >&2
	@$(PIP) install --require-hashes -r $(LOCK)/runtime.txt
	@$(PIP) install --require-hashes --no-deps -r $(LOCK)/build.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m compileall -q src/suwen
	@touch $@

$(VENV)/.development-ready: $(VENV)/.runtime-ready $(LOCK)/development.txt
	@echo "setting up: what the tests need" >&2
	@$(PIP) install --require-hashes -r $(LOCK)/development.txt
	@touch $@

$(VENV)/.peers-ready: $(VENV)/.development-ready $(LOCK)/peers.txt
	@echo "setting up: the peers to measure against" >&2
	@$(PIP) install --require-hashes -r $(LOCK)/peers.txt
	@touch $@

packages:
	@sh tools/install_test_packages.sh

tests/peers/node_modules/.ready: | packages

%/node_modules/.ready: %/package-lock.json
	@echo "setting up: $*" >&2
	@cd $* && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENV)/peers/%/.ready: $(LOCK)/peer-%.txt
	@echo "setting up: $*" >&2
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	@touch $@
