# All set-up happens in a virtual environment in this folder; only Python 3.11+ and make are needed.
#
#   make demo     two ads of one product for two shoppers, into demo-out/
#   make test     linting, type checks and tests
#   make bench    speed, beside peers in the same run (docs/speed.md)
#
# torch is installed first and from TORCH, so that the choice of its build is yours, for example on a machine with a GPU:
#   make demo TORCH="torch --index-url URL-OF-THE-CUDA-BUILDS"     (see docs/install.md)
PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/python -m uniadgen demo --out demo-out

test: lint
	$(BIN)/python -m pytest

bench: $(VENV)/.installed-dev
	$(BIN)/python -m uniadgen bench

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

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

clean:
	rm -rf $(VENV) demo-out
