# Everything runs in .venv, which the first target that needs it makes. Stamp files say what is
# installed, so a second call costs nothing until pyproject.toml or constraints.txt changes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
MODEL  ?= smollm2-135m-instruct
ADAPTER ?= smollm2-135m-choices
DATA   ?= datasets
WORKERS ?= 2
TRAIN  := $(BIN)/codi-train
STEP    = --data $(DATA) --workers $(WORKERS)
# What data-collect fetches: COLLECT='--org docker-library --limit 500', or '--from-git ~/clones'.
COLLECT ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types unit docs bench bench-scale conformance compat judge \
	data-collect data-extract data-label data-prepare data-prepare-full data-clean evaluate build clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(STAMPS)/venv:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25'
	@mkdir -p $(STAMPS) && touch $@

# llama-cpp-python is compiled here: about five minutes on two cores the first time.
$(STAMPS)/llm: $(STAMPS)/venv pyproject.toml constraints.txt
	@echo 'Installing codi-hook with its model runtime (llama.cpp is compiled the first time)'
	$(PIP) install -c constraints.txt -e '.[llm]'
	@touch $@

$(STAMPS)/dev: $(STAMPS)/llm
	$(PIP) install -c constraints.txt -e '.[dev,llm,serve,train]'
	@touch $@

setup: $(STAMPS)/dev ## Make .venv with everything that tests need

demo: export XDG_CACHE_HOME := $(CURDIR)/.cache
demo: $(STAMPS)/llm ## Check the examples with the embedded model
	@$(BIN)/codi-hook model pull $(MODEL)
	@$(BIN)/codi-hook check --llm-timeout 300 --exit-zero --audit-file .cache/demo.json examples/
	@echo 'The record of all decisions: .cache/demo.json'

test: lint types unit ## Lint, types and all tests

lint: $(STAMPS)/dev ## Ruff
	$(BIN)/ruff check .

format: $(STAMPS)/dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(STAMPS)/dev ## mypy --strict
	$(BIN)/mypy

unit: $(STAMPS)/dev ## pytest on two processes
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

docs: $(STAMPS)/dev ## Generate docs/rules from the rules and their cases
	$(BIN)/python scripts/gen_docs.py

bench: $(STAMPS)/dev ## Measure the budgets beside hadolint and tally
	$(BIN)/python -m benchmarks.bench

bench-scale: $(STAMPS)/dev ## Time and memory for 1,000 to 85,000 files
	$(BIN)/python -m benchmarks.scale

compat: $(STAMPS)/dev ## Compare findings with hadolint and BuildKit over 5,000 files; writes docs/compatibility.md
	$(BIN)/python -m compat --files 5000 --write

conformance: $(STAMPS)/dev ## Compare the parser with BuildKit's over the whole corpus
	$(BIN)/python scripts/conformance.py --files all --tally 1000 --mutants 300

judge: $(STAMPS)/dev ## Fix 5,000 files of the corpus beside tally; writes docs/fixes.md
	$(BIN)/python scripts/judge_fixes.py --files 5000 --profile default,hadolint --tally --write

data-collect: $(STAMPS)/dev ## Fetch Dockerfiles: make data-collect COLLECT='--org NAME'
	$(TRAIN) collect --data $(DATA) $(COLLECT)

data-extract: $(STAMPS)/dev ## Add the scripts that the collected Dockerfiles run
	$(TRAIN) extract --data $(DATA) $(COLLECT)

data-label: $(STAMPS)/dev ## Findings, stack and start command of the collected files
	$(TRAIN) label $(STEP)

data-prepare: $(STAMPS)/dev ## Label, standardise, make pairs, split; only what is not done
	$(TRAIN) prepare $(STEP)

data-prepare-full: $(STAMPS)/dev ## The same from the beginning
	$(TRAIN) prepare $(STEP) --fresh

evaluate: data-prepare ## Ask the shipped adapter the questions of the test split again
	@$(BIN)/codi-hook model pull $(MODEL)
	$(TRAIN) evaluate --no-excerpts --dataset $(DATA)/splits/test --adapter adapters/$(ADAPTER) \
		--free 50 --out .cache/evaluation

data-clean: ## Remove what the data steps made, not what was collected
	rm -rf $(addprefix $(DATA)/,labelled standard pairs splits logs reports)

build: $(STAMPS)/dev ## Wheel and source distribution in dist/
	$(PIP) install -c constraints.txt build
	$(BIN)/python -m build

clean: ## Remove what the targets made
	rm -rf $(VENV) .cache build dist
