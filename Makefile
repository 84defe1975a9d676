# Each target is one command on a fresh machine with Python 3.11 and make: it makes the environment it needs.
.PHONY: conformance test test-numpy2 bench exhaustive lint docs browser clean

PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
BIN2 := .venv-numpy2/bin
READY2 := .venv-numpy2/ready
READY_DOCS := .venv-docs/ready

# Frameworks are named, so that one that is missing fails the run instead of leaving it.
FIRST := mindspore paddle torch
SECOND := tensorflow keras jax array_api

conformance: $(READY) $(READY2)
	$(BIN)/compatlosses conform $(patsubst %,--framework %,numpy $(FIRST))
	$(BIN2)/compatlosses conform $(patsubst %,--framework %,numpy $(SECOND))

# The suite's whole eager run is a part of the tests: what it does not expect fails them.
test: $(READY) lint browser test-numpy2 conformance
	$(BIN)/pytest --numprocesses 2 --dist worksteal $(patsubst %,--framework %,$(FIRST))

# What is the same in every environment is tested in the first one alone.
test-numpy2: $(READY2)
	$(BIN2)/pytest --numprocesses 2 --dist worksteal $(patsubst %,--framework %,$(SECOND) optax) \
		$(patsubst %,tests/%,$(SECOND) optax) tests/outside/test_loss.py \
		$(patsubst %,tests/test_%.py,differences editions executors neutral numbers option repro)

bench: $(READY) $(READY2)
	$(BIN)/python tools/bench.py
	$(BIN2)/python tools/bench.py --programs "tensorflow;tf.function;tf.function, XLA;jax.jit" --name bench-numpy2

exhaustive: $(READY)
	$(BIN)/python tools/exhaustive.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --package compatlosses

# The documents as a site in build/docs; strict: a link or an anchor that leads nowhere fails it.
docs: $(READY_DOCS)
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

# The report's tests need a Chromium; where none can be had they are skipped, and say so.
browser: $(READY)
	$(BIN)/python tests/support/browser.py

# An environment is a dependency group, which pip knows from 25.1 on: a new Python may bring an older one.
$(READY): pyproject.toml constraints.txt
	@echo "Setting up .venv with every framework: about 3 minutes and 5 GB the first time."
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --constraint constraints.txt --group numpy1 --editable .
	touch $(READY)

$(READY2): pyproject.toml constraints-numpy2.txt
	@echo "Setting up .venv-numpy2 with TensorFlow, Keras and JAX: about a minute and 2 GB the first time."
	test -x $(BIN2)/python || $(PYTHON) -m venv .venv-numpy2
	$(BIN2)/python -m pip install --upgrade 'pip>=25.1'
	$(BIN2)/python -m pip install --constraint constraints-numpy2.txt --group numpy2 --editable .
	touch $(READY2)

# The documents are text: the site needs none of the frameworks.
$(READY_DOCS): pyproject.toml constraints.txt
	test -x .venv-docs/bin/python || $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-docs/bin/python -m pip install --quiet --constraint constraints.txt --group docs
	touch $(READY_DOCS)

clean:
	rm -rf .venv .venv-numpy2 .venv-docs build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
