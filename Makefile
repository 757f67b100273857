# `make test` and `make demo` set up all that they need: a virtual environment in .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test lint bench fuzz clean

demo: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python demo/run.py

test: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n auto --dist worksteal -q $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python bench/run.py

fuzz: $(READY)
	$(BIN)/python -W ignore tests/fuzz.py $(ARGS)

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $(READY)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
