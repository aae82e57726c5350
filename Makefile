# Python >= 3.11 and make are all that a machine needs; `make` shows what there is to do.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo dev test lint costs

help: ## show this
	@echo "make demo   watch journeys from first event to end, in seconds (the place to begin)"
	@echo "make dev    run Temporal with Web UI, API and worker on this machine until stopped"
	@echo "make test   everything that checks the code: lint, types, tests"
	@echo "make lint   lint and types alone"
	@echo "make costs  what a journey costs in Temporal, and how many a second this machine carries"

demo: $(STAMP)
	@exec $(BIN)/journeys demo --end-with-parent

dev: $(STAMP)
	@exec $(BIN)/journeys dev --end-with-parent

test: lint
	$(BIN)/pytest

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

costs: $(STAMP)
	@$(BIN)/python -m benchmarks.costs

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: $(PYTHON) is not installed"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12"; exit 1; }
	@echo "installing into .venv"
	@$(PYTHON) -m venv .venv || { echo "python3's venv is missing; on Debian and Ubuntu it is the package python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
