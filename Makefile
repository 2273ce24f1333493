# Two commands do everything on a fresh machine with Python 3.11 and make:
#   make demo    the whole way on the bundled sample; prints where the report is
#   make test    every check: ruff, mypy, import-linter, lexicons, doctests, tests

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test monte-carlo lint typecheck layers lexicons codebook constraints clean

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.users: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) '.[estimate]'
	touch $@

$(VENV)/.developers: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) '.[all,dev]'
	touch $@ $(VENV)/.users

demo: $(VENV)/.users
	$(BIN)/patentmetrics demo --output demo-results

test: lint typecheck layers lexicons
	$(BIN)/python -m pytest -n auto

# estimators on 200 simulated panels each: bias and coverage, the table in docs/estimators.md
monte-carlo: $(VENV)/.developers
	$(BIN)/python -m pytest -n auto -m monte_carlo -s tests/estimate

lint: $(VENV)/.developers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(VENV)/.developers
	$(BIN)/mypy

layers: $(VENV)/.developers
	$(BIN)/lint-imports

lexicons: $(VENV)/.developers
	$(BIN)/patentmetrics lexicon lint --all

constraints: $(VENV)/.developers
	$(BIN)/uv pip compile --universal --python-version 3.11 --all-extras --no-header --no-annotate \
	    --no-emit-index-url --quiet --output-file constraints.txt pyproject.toml

clean:
	rm -rf $(VENV) demo-results build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf patentmetrics/kernels/__pycache__  # machine code of every version that ran here
