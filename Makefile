# `make run` and `make test` need Python 3.11 or newer, and fetch everything else themselves.
# Stamps in .venv remember what is installed: a second call reinstalls nothing.

PORT ?= 8501
ADDRESS ?= localhost
WORKERS ?= 2
SESSIONS ?= 8
MINUTES ?= 5
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
COUNT ?= 3000
SEED ?= 0
SECONDS ?= 1800
CHECKED := app.py pages covidweb tests

.DEFAULT_GOAL := help
.PHONY: help run install install-gpu test lint format typecheck unit fuzz bench reference coverage
.PHONY: soak advisories clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.installed  ## Serve the app (PORT=8501, ADDRESS=localhost)
	$(BIN)/python -m covidweb serve --port $(PORT) --address $(ADDRESS)

install: $(VENV)/.installed  ## Make .venv and install the app's libraries

install-gpu: $(VENV)/.installed-gpu  ## The same, with TensorFlow's CUDA libraries

test: lint typecheck unit  ## Check style and types, then run all tests, with a real browser

lint: $(VENV)/.installed-dev  ## Check style with ruff, and which room imports which
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev  ## Rewrite the code in ruff's style
	$(BIN)/ruff check --fix-only $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

typecheck: $(VENV)/.installed-dev  ## Check types with mypy
	$(BIN)/mypy

unit: $(VENV)/.installed-dev
	@chromium="$$(scripts/find-chromium $(BIN)/python)" && \
	OPENBLAS_NUM_THREADS=1 COVIDWEB_CHROMIUM="$$chromium" $(BIN)/python -m pytest \
		-n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

coverage:  ## Run all tests and show which lines none of them reaches
	$(MAKE) unit PYTEST_ARGS="--cov=covidweb --cov-report=term-missing:skip-covered $(PYTEST_ARGS)"

fuzz: $(VENV)/.installed-dev  ## Read mutants of every format (COUNT=3000, SEED=0, SECONDS=1800)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/fuzz.py --count $(COUNT) --seed $(SEED) --seconds $(SECONDS)

bench: $(VENV)/.installed  ## Measure speed against the reference implementations
	$(BIN)/python -m covidweb bench

reference: $(VENV)/.installed  ## Rewrite docs/commands.md from --help
	$(BIN)/python -m covidweb.reference

soak: $(VENV)/.installed-dev  ## Let visitors screen films for minutes (SESSIONS=8, MINUTES=5)
	PYTHONPATH=.:tests $(BIN)/python tests/soak.py --sessions $(SESSIONS) --minutes $(MINUTES)

advisories: $(VENV)/.installed-dev  ## Look up known faults of the installed libraries (network)
	$(PIP) pip-audit
	$(BIN)/pip-audit --local --strict --progress-spinner off

clean:  ## Remove .venv and the caches
	rm -rf $(VENV) .coverage .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(VENV)/.made:
	scripts/make-venv $(VENV)
	@touch $@

$(VENV)/.installed: requirements.txt $(VENV)/.made
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-cluster.txt $(VENV)/.installed
	$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-gpu: requirements-gpu.txt $(VENV)/.installed
	$(PIP) -r requirements-gpu.txt
	@touch $@
