# make demo | test | lint | bench | bundle. Needs Python 3.11 or later; everything is installed into .venv.
PYTHON ?= $(shell python3.11 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
LIGHT := $(VENV)/.installed-light
DEV := $(VENV)/.installed-dev
PINS := pyproject.toml constraints.txt
KINDS := classify extract normalize
PARTS := $(KINDS:%=parts/default_%/manifest.json)

.PHONY: demo test lint bench bundle
.SECONDARY:

demo: $(LIGHT)
	$(BIN)/python scripts/demo.py

test: $(DEV)
	$(BIN)/python -m pytest

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV)
	$(BIN)/python scripts/bench_serving.py

# Trains the default bundle anew. Needs the corpora of its recipes: ADETK_CORPORA names their folder.
bundle: $(DEV) $(PARTS)
	rm -rf bundle
	$(BIN)/adetk bundle $(KINDS:%=parts/default_%) --out bundle

parts/default_%/manifest.json: recipes/default_%.toml encoders/minilm/model.safetensors | $(DEV)
	ADETK_ENCODERS=encoders $(BIN)/adetk train $* $< --out $(@D)

encoders/minilm/model.safetensors: | $(VENV)/bin/python
	$(BIN)/python scripts/get_encoder.py $(@D)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Editable, so that what is run is what is in the checkout; mkdir, so that a first bundle can be trained.
$(LIGHT): $(PINS) | $(VENV)/bin/python
	mkdir -p bundle
	$(PIP) install -c constraints.txt -e .
	touch $@

# torch first and alone, so that nothing else chooses its build. --use-pep517: pips before 25.3 else build seqeval in
# the old way, in which what its build needs is fetched without its own needs, and fails.
$(DEV): $(PINS) | $(VENV)/bin/python
	mkdir -p bundle
	$(PIP) install -c constraints.txt torch==2.13.0
	$(PIP) install --use-pep517 -c constraints.txt -e '.[dev]'
	touch $@ $(LIGHT)
