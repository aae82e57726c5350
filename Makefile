# Python >= 3.11 and make are all that a machine needs; `make` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

SERVERLESS := tests/domain tests/outbound_http tests/whatsapp tests/partners tests/sandbox tests/activities/test_deliver.py tests/temporal \
  tests/test_rooms.py tests/test_compose.py
# Four at a time, since many wait for servers; a module stays with one, for its servers' sake, in
# the order of tests/conftest.py. A process that a test ends is not replaced: the run would hang.
PARALLEL := -n 4 --dist loadscope --no-loadscope-reorder --max-worker-restart 0

.DEFAULT_GOAL := help
.PHONY: help demo dev check test lint bench costs chaos mutation lock sbom

help: ## list the targets
	@echo "make demo   watch journeys from first event to outcome, in seconds (the place to begin)"
	@echo "make dev    run Temporal with Web UI, API and worker on this machine until stopped"
	@echo "make check  the inner loop: lint, types and the tests that need no server"
	@echo "make test   everything that checks the code: lint, types, tests, coverage of domain/"
	@echo "make lint   lint and types alone"
	@echo "make chaos  kill, freeze and fail everything for some minutes, and see that nothing gets lost"
	@echo "make bench  every benchmark, small: rates and ratios beside bare Temporal, JSON and pictures"
	@echo "make lock   write the requirements*.lock files anew after a change of pyproject.toml"
	@echo "make sbom   write sbom.json: what the image installs, as CycloneDX"
	@echo "make mutation  change domain/ in thousands of places, and list what no test noticed; an hour"
	@echo "make costs  what a journey costs in Temporal, and how many a second this machine carries"

demo: $(STAMP)
	@exec $(BIN)/journeys demo --end-with-parent

dev: $(STAMP)
	@exec $(BIN)/journeys dev --end-with-parent

check: lint
	$(BIN)/pytest $(PARALLEL) -q $(SERVERLESS)

test: lint
	$(BIN)/coverage run -m pytest -q tests/domain
	$(BIN)/coverage report
	$(BIN)/pytest $(PARALLEL) --ignore=tests/domain

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

costs: $(STAMP)
	@$(BIN)/python -m benchmarks.costs

chaos: $(STAMP)
	$(BIN)/python -m benchmarks.chaos --database sqlite
	$(BIN)/python -m benchmarks.chaos --database postgresql

mutation: $(STAMP)
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

lock:
	@PYTHON=$(PYTHON) .ci/lock

sbom:
	@PYTHON=$(PYTHON) .ci/sbom

$(STAMP): pyproject.toml requirements-dev.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: $(PYTHON) is not installed"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12"; exit 1; }
	@echo "installing into .venv"
	@$(PYTHON) -m venv .venv || { echo "python3's venv is missing; on Debian and Ubuntu it is the package python3-venv"; exit 1; }
	@# pip checks no hashes of an editable install, and refuses one beside hashes.
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
