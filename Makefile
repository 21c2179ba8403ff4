# All set-up happens in virtual environments in this folder; only Python 3.11+ and make are needed.
#
#   make demo           two ads of one product for two shoppers, into demo-out/
#   make test           linting, type checks and tests
#   make coverage       the tests, with the lines and branches that they reach
#   make bench          speed, beside peers in the same run (docs/speed.md)
#   make docs           the documentation, into site/; `make docs-serve` shows it while you write
#   make hooks          ruff and mypy before every commit
#   make release-check  sdist and wheel into dist/, and the wheel tried in a clean environment
#
# torch is installed first and from TORCH, so that the choice of its build is yours, for example on a machine with a GPU:
#   make demo TORCH="torch --index-url URL-OF-THE-CUDA-BUILDS"     (see docs/install.md)
PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
CLEAN := build/release-venv

.PHONY: demo test lint coverage bench docs docs-serve hooks release-check clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/python -m uniadgen demo --out demo-out

# Tests start hundreds of processes: each would compile every module again where the environment forbids to keep bytecode.
test: export PYTHONDONTWRITEBYTECODE :=
test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# Slower than the plain tests by what counting lines takes, hence apart.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

bench: $(VENV)/.installed-dev
	$(BIN)/python -m uniadgen bench

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python scripts/check_site.py site

docs-serve: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

hooks: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet pre-commit
	$(BIN)/pre-commit install

release-check: $(VENV)/.torch
	rm -rf dist $(CLEAN)
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build --outdir dist .
	$(PYTHON) -m venv $(CLEAN)
	$(CLEAN)/bin/python -m pip install --quiet $(TORCH)
	$(CLEAN)/bin/python -m pip install --quiet dist/*.whl
	$(CLEAN)/bin/python -I scripts/check_wheel.py src/uniadgen

$(VENV)/.torch:
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; name it: make PYTHON=python3.11') if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(TORCH)
	touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) build demo-out dist site
