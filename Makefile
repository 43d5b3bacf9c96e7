# Taosha. `make` lists the targets. Each sets up what it needs: a virtual environment in .venv, from the lock files.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
SEEDS ?= seeds
OUTPUT ?= output
MINUTES ?= 10
EVERY ?= 1
BENCH_GIGABYTES ?= 1
BENCH_INDEX ?= 1000000
BENCH_NEAR ?= --peers --curve 10000,100000,1000000
# Labelled data and corpora for development; not part of the repository.
SHARED ?= ../shared

.PHONY: help setup setup-dev clean-corpus check-seeds test test-downstream test-spark fuzz fuzz-guided chaos mutants audit wheel wheel-kernels lint eval bench docs lock distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Python keeps bytecode of what is imported here, and of nothing else: 80 MB less than of all that is installed, and a start that
# may not write any finds it.
KEEP := env -u PYTHONDONTWRITEBYTECODE -u PYTHONPYCACHEPREFIX

# A stamp per lock file: set up once, and again when the lock changes.
.venv/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { echo "make: Python 3.11 to 3.14 is needed; name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.platform == "win32")' || { echo "make: this runs on Linux and macOS; on Windows use WSL"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --no-compile --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --no-deps -e .
	@echo "make: compiling kernels for this machine, which takes some seconds"
	@$(KEEP) $(BIN)/python -c "from pipeline.jit.warming import warm; warm()"
	@$(KEEP) $(BIN)/python -m compileall -q pipeline
	@$(KEEP) $(BIN)/taosha check seeds > /dev/null 2>&1 || true
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

.venv/downstream.stamp: requirements-downstream.lock .venv/dev.stamp
	@$(PIP) --require-hashes -r requirements-downstream.lock
	@touch $@

setup: .venv/run.stamp ## make the virtual environment that runs the cleaner

setup-dev: .venv/dev.stamp ## the same with what tests and linters need

clean-corpus: .venv/run.stamp ## clean seeds/ into output/clean.jsonl (SEEDS=..., OUTPUT=... for others)
	@$(BIN)/taosha clean "$(SEEDS)" -o "$(OUTPUT)/clean.jsonl"

check-seeds: .venv/run.stamp ## check every seed: readable, enough Chinese, no duplicate
	@$(BIN)/taosha check "$(SEEDS)"

test: .venv/dev.stamp ## run the tests
	@$(BIN)/python -m pytest -n auto --ignore tests/downstream

test-downstream: .venv/downstream.stamp ## feed corpora to datasets, pandas, polars, DuckDB and others; run the examples
	@$(BIN)/python -m pytest -n auto tests/downstream

.venv/spark.stamp: requirements-spark.lock .venv/dev.stamp
	@$(PIP) --no-build-isolation --require-hashes -r requirements-spark.lock
	@touch $@

test-spark: .venv/spark.stamp ## test the engine on Spark, on loopback alone (installs PySpark, and a Java where there is none)
	@sh tools/need_java.sh
	@TAOSHA_TEST_SPARK=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/test_spark.py tests/test_spark_cluster.py

fuzz: .venv/dev.stamp ## break the laws with mutated texts (MINUTES=10, SEED=... for a run again)
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m tests.fuzz_files --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

fuzz-guided: .venv/dev.stamp ## the same laws under a fuzzer that sees what each input reaches (installs atheris; MINUTES= of each target)
	@$(PIP) atheris
	@$(BIN)/python -m tests.fuzz_guided --minutes $(MINUTES)

chaos: .venv/dev.stamp ## let every call to the world of small runs fail, in every way (EVERY=17 for one in so many)
	@$(BIN)/python -m tests.chaos --every $(EVERY)

mutants: .venv/dev.stamp ## change one thing in a module and see whether its tests notice (MODULES=pipeline/edits.py for some)
	@$(BIN)/python -m tools.mutants $(MODULES)

audit: .venv/dev.stamp ## look for known faults in what the lock files name (needs the network, installs pip-audit)
	@$(PIP) pip-audit
	@for lock in requirements*.lock; do echo "audit: $$lock"; $(BIN)/pip-audit --strict --require-hashes --disable-pip -r $$lock || { echo "audit: $$lock: faults, or not audited in full"; exit 1; }; done

wheel: .venv/dev.stamp ## build the wheel, the same bytes each time, and the list of what it needs (CycloneDX), into dist/
	@$(BIN)/python -m tools.build_wheel dist

lint: .venv/dev.stamp ## ruff, strict mypy, and the order of imports
	@$(BIN)/ruff check pipeline tests tools
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

eval: .venv/dev.stamp ## score on the labelled data, where it is there, and on the cases of the repository
	@$(BIN)/python -m tests.gate
	@if [ -f $(SHARED)/tools/evaluate.py ]; then $(BIN)/python $(SHARED)/tools/evaluate.py; else echo "eval: $(SHARED)/tools/evaluate.py is not here: only the repository's own cases were scored"; fi

bench: .venv/dev.stamp ## measure speed beside a reference and beside peers (BENCH_NEAR= for what to run of near-duplicates)
	@$(BIN)/python -m tests.bench.throughput --crawl $(SHARED)/data/crawl
	@$(BIN)/python -m tests.bench.formats --crawl $(SHARED)/data/crawl
	@$(BIN)/python -m tests.bench.throughput --corpora $(SHARED)/data/corpora
	@$(BIN)/python -m tests.bench.throughput --corpora $(SHARED)/data/corpora --corpus law-tw
	@$(BIN)/python -m tests.bench.memory --crawl $(SHARED)/data/crawl --gigabytes $(BENCH_GIGABYTES)
	@$(BIN)/python -m tests.bench.hostile
	@$(BIN)/python -m tests.bench.against --corpora $(SHARED)/data/corpora --documents $(BENCH_INDEX)
	@$(BIN)/python -m tests.bench.near --corpora $(SHARED)/data/corpora $(BENCH_NEAR)

docs: .venv/dev.stamp ## build the site of docs/ into build/site; a broken link fails
	@$(BIN)/python -m sphinx -W --keep-going -q -d build/trees docs build/site
	@echo build/site/index.html

COMPILE := pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header --allow-unsafe
SPARK := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")

wheel-kernels: .venv/dev.stamp ## build dist/kernels/*.whl with kernels compiled for this Python on any x86-64 with AVX2: no cold start
	@$(BIN)/python -m tools.ship_kernels
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist/kernels . ; status=$$?; rm -rf pipeline/jit/shipped build/lib build/bdist.*; exit $$status

lock: ## resolve the lock files anew (needs pip-tools)
	$(COMPILE) --extra install -o requirements.lock pyproject.toml
	$(COMPILE) --extra install --extra remote --extra dev -o requirements-dev.lock pyproject.toml
	$(COMPILE) --extra install --extra downstream -c requirements-dev.lock -o requirements-downstream.lock pyproject.toml
	$(PYTHON) -c '$(SPARK)' | $(COMPILE) --no-annotate -o requirements-spark.lock -

distclean: ## remove the environment, caches and output
	rm -rf .venv build taosha.egg-info .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find output -mindepth 1 ! -name .gitkeep -exec rm -rf {} +
