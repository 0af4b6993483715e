# The two commands that matter: `make demo` and `make test`. Each sets up what it needs.

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo impact test gate test-v2 unit lint docs screens clean setup-demo setup-test setup-docker setup-images setup-browser setup-shells

BIN := .venv/bin

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: setup-demo ## Tune the built-in face pipeline under 512 MiB (sets up what it needs)
	@scripts/setup-docker || echo "make demo: no Docker here; memtune will use its local executor" >&2
	$(BIN)/memtune doctor || [ $$? -eq 3 ]
	$(BIN)/memtune recommend face --cap 512MiB --headroom 20%

impact: setup-demo setup-docker setup-images ## Measure the two services before and after, and print the table of the README
	$(BIN)/memtune compare --impact examples/both/original.yaml examples/both/optimized.yaml examples/both/conservative.yaml

test: setup-test setup-docker setup-images setup-browser setup-shells lint ## Lint, then run every test (sets up what it needs, Docker too)
	$(BIN)/python -m pytest -rs --numprocesses auto tests/unit
	$(BIN)/python -m pytest -rs --durations=15 --numprocesses 2 --dist loadfile tests/integration

gate: setup-test setup-docker ## Hold an example to its memory budget, as memtune's users do
	@# A shallow clone lacks the baseline's commit, should another environment need it executed.
	$(BIN)/memtune check --file examples/batch-job/memtune.yaml \
		$$(test "$$(git rev-parse --is-shallow-repository)" != true || echo --against HEAD)

test-v2: setup-test ## Run the tests of the cgroup figures on cgroup v2, in an emulated machine
	@scripts/test-v2

unit: setup-test ## Run the tests that need no Docker
	$(BIN)/python -m pytest --numprocesses auto tests/unit

lint: setup-test ## ruff and mypy
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

docs: setup-test ## Build the documentation into site/; what would be a warning is an error
	$(BIN)/python -m sphinx -q -E -W --keep-going -d .memtune/docs docs site
	@echo "open site/index.html"

screens: setup-test setup-docker setup-images ## Make the screens of README.md anew; ONLY="floor bill" makes some of them
	$(BIN)/python -m scripts.screens $(ONLY)

clean: ## Remove .venv, caches and .memtune with its results (never Docker's data)
	rm -rf .venv .memtune site build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-demo:
	@scripts/setup-python demo

setup-test:
	@scripts/setup-python test

setup-docker:
	@scripts/setup-docker

setup-images:
	@scripts/setup-images

setup-browser:
	@scripts/setup-browser

setup-shells:
	@scripts/setup-shells
