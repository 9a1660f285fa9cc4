# Two commands for a new user: `make run` and `make test`. The rest is for those who build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := orchestration/requirements.lock
SPARK_LOCK := orchestration/requirements-spark.lock
STAMP := $(VENV)/.set-up

.PHONY: setup run test unit check bench bench-scale fuzz audit superset-try dashboard screenshots dagster docs lock spark clean

setup: $(STAMP)

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "juesuan needs Python 3.11 or later; say make PYTHON=python3.12")'
	@echo "Setting up .venv from $(LOCK) (versions and hashes); this takes a minute or two once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(STAMP)
	@$(BIN)/juesuan refresh

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal

unit: $(STAMP)
	$(BIN)/python -m pytest tests/unit -q

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests dbt_project/macros --processes 2 --disable-progress-bar
	$(BIN)/yamllint --strict .

bench: $(STAMP)
	$(BIN)/python -m tests.bench

# What grows with the size of the warehouse. More: make bench-scale SIZES=1000,10000,100000
SIZES ?= 1000,10000
bench-scale: $(STAMP)
	$(BIN)/python -m tests.bench.scale --sizes $(SIZES) --docs docs/performance.md

# Ten minutes, or JUESUAN_FUZZ_SECONDS; other documents each time.
fuzz: $(STAMP)
	JUESUAN_FUZZ_SECONDS=$${JUESUAN_FUZZ_SECONDS:-600} $(BIN)/python -m pytest -n 2 --dist worksteal tests/integration/test_fuzz.py

# Pictures of every page for the README, by Chromium.
screenshots: $(STAMP)
	$(BIN)/python -m tests.screenshots

dashboard: $(STAMP)
	$(BIN)/juesuan dashboard

dagster: $(STAMP)
	$(BIN)/juesuan dagster

# The site of the models, from the published warehouse: warehouse/docs/index.html.
docs: $(STAMP)
	$(BIN)/juesuan docs

# Needs uv; writes versions and hashes for every platform, no addresses.
lock:
	uv pip compile pyproject.toml --extra ocr --extra dashboard --extra service --extra mcp --extra postgres --group dev --no-strip-extras --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --output-file $(LOCK)
	uv pip compile pyproject.toml --extra spark --extra s3 --group scale --constraint $(LOCK) --no-strip-extras --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --output-file $(SPARK_LOCK)

# Known weaknesses (asks an index on the network) and licences of all that is locked.
audit: $(STAMP)
	$(BIN)/python -m tests.audit

# Apache Superset in an environment of its own, on the published file: minutes, and a gigabyte once.
superset-try: $(STAMP)
	$(BIN)/python -m tests.superset_try

# What the tests of Spark and of the object store need besides: half a gigabyte, and Java 17.
spark: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(SPARK_LOCK)

clean:
	rm -rf $(VENV) dbt_project/target dbt_project/logs
