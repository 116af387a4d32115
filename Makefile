# Naul from the outside. `make` alone prints what there is.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
BIN := .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
STAMP := .venv/.installed-by-make

# Hundreds of processes start in the tests: compile what they share once. A core each is enough for the sums of a test.
unexport PYTHONDONTWRITEBYTECODE
test quick: export OPENBLAS_NUM_THREADS = 1

# Three processes on two cores: tests wait a third of their time, for brokers and for workers that start.
JOBS ?= 3
SHARED = --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo live term test quick check audit sbom lock bench up clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## install everything Naul needs into .venv and the cache
	@$(BIN)/python -m infra.machine.kafka.jars

demo: setup ## a simulated lecture, from the camera to the table, in two minutes
	@$(BIN)/naul demo

live: setup ## its first hour on pages in your browser (SPEED=1: in real time; ME=photo.jpg: you take the course, too)
	@$(BIN)/naul demo --live --speed $(or $(SPEED),10) $(if $(ME),--me "$(ME)")

term: setup ## an empty site, and the files of a term to load into it: docs/first-term.md
	@$(BIN)/naul demo --term

test: setup ## run all tests, with a real Kafka and a real ClickHouse (COVERAGE=1: and say which lines ran)
	@$(BIN)/python -m tests.tools.clickhouse_debian
	@$(BIN)/python -m tests.tools.zookeeper_debian
	@$(BIN)/pytest $(SHARED) $(if $(COVERAGE),--cov --cov-report=term)

quick: setup ## run the tests that need no server
	@$(BIN)/pytest $(SHARED) --quick tests/unit tests/contract

check: setup ## formatting, lint, types, dead code; is the lock current
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/vulture
	$(BIN)/python -m tests.tools.lock --check
	$(BIN)/python -m tests.tools.audit

audit: setup ## is a known vulnerability in the lock (asks the OSV database; says so if it cannot be reached)
	@$(BIN)/python -m tests.tools.audit

sbom: setup ## write what Naul is made of to build/naul.cdx.json (CycloneDX)
	@$(BIN)/python -m tests.tools.bill_of_materials

lock: $(STAMP) ## write requirements.lock and the sums of Kafka's jars anew
	$(BIN)/python -m tests.tools.lock
	$(BIN)/python -m tests.tools.lock_jars

bench: setup ## measure what is not measured yet, print tables (PART=list, PART=halls, AGAIN=1)
	@$(BIN)/python -m tests.benchmarks $(PART) $(if $(AGAIN),--again)

up: setup ## start a site in ./.naul, in the foreground
	@$(BIN)/naul up

clean: ## remove what was installed and built here; data of sites stays
	rm -rf .venv build naul.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@infra/needs.sh $(PYTHON)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Python packages into .venv (about a minute) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-index --no-build-isolation -e .
	@touch $@
