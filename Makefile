# `make run` and `make test` need Python 3.11-3.13 and make, nothing else: the first of them makes .venv from the lock.

VENV    := .venv
PY      := $(VENV)/bin/python
STAMP   := $(VENV)/.installed
POLICY  := .venv-policy
AUDIT   := .venv-audit
VERTEX  := .venv-vertex
# Tests run on two workers, which is what the smallest supported machine has cores for.
WORKERS ?= 2
PYTEST  ?=
SOAK    ?=

.DEFAULT_GOAL := help
.PHONY: help run test emulators dashboard dashboard-baselines dashboard-client lint format pipeline backtest review train lock lock-check soak bench bench-stream demo beam vertex bench-ingest bench-preprocess package terraform policy audit clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml tools/bootstrap.sh
	@sh tools/bootstrap.sh $(VENV)

run: $(STAMP) ## Start the product: recommend on PORT (8080) and the worker beside it
	@exec $(PY) -m tools.run

demo: $(STAMP) ## Watch a race with its recommendations lap by lap; DEMO="--simulated --speed 60" changes it
	@$(PY) -m tools.demo $(DEMO)

test: $(STAMP) ## Run the whole test suite; PYTEST="-k name" narrows it
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile $(PYTEST)

dashboard: $(STAMP) ## Build the dashboard in dashboard/out (needs Node 20.9 or newer)
	@$(PY) -m tools.dashboard.build

dashboard-client: $(STAMP) ## Generate the dashboard's client anew from the contract (needs Node)
	@$(PY) -m tools.dashboard.client

dashboard-baselines: $(STAMP) ## Take the dashboard's screenshots anew (needs Node and Chromium); SCREENS="the other" those alone
	@$(PY) -m tools.dashboard.baselines $(if $(SCREENS),--only "$(SCREENS)")

emulators: $(STAMP) ## Install the emulators of BigQuery and Cloud Storage that tests use (some 700 MB)
	@$(PY) -m tools.emulators --install

lint: $(STAMP) ## What CI checks before the tests: format, lint, types, imports, lock, settings, tables
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m tools.lock --check
	$(PY) -m tools.settings_table --check README.md
	$(PY) -m tools.cloud.terraform_data --check
	$(PY) -m tools.data_page --check
	$(PY) -m tools.dashboard.client --check
	$(PY) -m tools.model_cards --check

format: $(STAMP) ## Format the code
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

pipeline: $(STAMP) ## Replay recorded (or synthetic) races: ingest, preprocess, train, promote, serve
	@$(PY) -m tools.pipeline

backtest: $(STAMP) ## Ask the product about past races, walk-forward, and write docs/scorecard.md
	@$(PY) -m tools.backtest

review: $(STAMP) ## Was it the right call? Every stop of a race judged: YEAR=2023 ROUND=6
	@$(PY) -m tools.review --year $(or $(YEAR),2023) --round $(or $(ROUND),6)

train: $(STAMP) ## Train the bundle that ships, on all recorded races
	@$(PY) -m tools.train --out shared/bundle

lock: $(STAMP) ## Resolve the dependencies anew (needs the package index)
	$(PY) -m tools.lock

lock-check: $(STAMP) ## Check that the lock and the functions' requirements are current (no network)
	$(PY) -m tools.lock --check

soak: $(STAMP) ## Make the long runs, all or SOAK=name, and write their figures to docs/soak.md
	@$(PY) -m tools.soak $(SOAK)

bench: $(STAMP) ## Measure recommend's latency and the simulation's speed
	@$(PY) -m tools.bench

package: $(STAMP) ## Build one reproducible archive a function, in build/packages
	@$(PY) -m tools.package

terraform: $(STAMP) ## Check the Terraform configuration without a cloud: format, validity, tests, generated files
	$(PY) -m tools.cloud.plan

policy: $(POLICY)/.installed ## Scan the Terraform configuration for what a careful engineer would not leave open
	cd terraform && $(abspath $(POLICY))/bin/checkov -d . --framework terraform --compact --quiet --skip-download
	$(POLICY)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

# Its dependencies are at odds with the product's, so it has an environment of its own.
$(POLICY)/.installed: tools/cloud/policy-requirements.txt
	@python3 -m venv $(POLICY) && $(POLICY)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

audit: $(AUDIT)/.installed ## Scan the code for weaknesses, and the locked dependencies for known vulnerabilities
	@$(PY) -m tools.audit

$(AUDIT)/.installed: tools/audit-requirements.txt | $(STAMP)
	@python3 -m venv $(AUDIT) && $(AUDIT)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

bench-preprocess: $(STAMP) ## Measure the preprocessing of all recorded races, and of one
	@$(PY) -m tools.bench_preprocess

bench-ingest: $(STAMP) ## Measure the ingest of recorded telemetry: seconds and peak memory
	@$(PY) -m tools.bench_ingest

beam: .venv-beam/.installed ## Make the environment of the Beam pipeline, which pins older libraries, in .venv-beam

.venv-beam/.installed: functions/stream_features/requirements-beam.txt | $(STAMP)
	@$(VENV)/bin/uv venv -q --allow-existing --python $(PY) .venv-beam
	@$(VENV)/bin/uv pip install -q --python .venv-beam/bin/python -r functions/stream_features/requirements-beam.txt
	@touch $@

# Google's client is large and nothing else needs it, so it has an environment of its own, at the lock's versions.
vertex: $(VERTEX)/.installed ## Test the registry's mirror in Vertex AI with Google's own client
	@$(VERTEX)/bin/python -m pytest -q tests/unit/adapters/gcp/test_vertex.py

$(VERTEX)/.installed: pyproject.toml requirements.lock | $(STAMP)
	@$(VENV)/bin/uv venv -q --allow-existing --python $(PY) $(VERTEX)
	@$(VENV)/bin/uv pip install -q --python $(VERTEX)/bin/python -c requirements.lock -r pyproject.toml --extra vertex pytest
	@touch $@

bench-stream: $(STAMP) ## Measure the live road: transform, one function instance, publish to state and to advice
	@$(PY) -m tools.bench_stream

clean: ## Remove the environment and caches; state in .state stays
	rm -rf $(VENV) $(POLICY) $(AUDIT) $(VERTEX) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
