# Each target is one command on a fresh machine with Python 3.11 and make: it makes the environment it needs.
.PHONY: conformance test test-numpy2 bench exhaustive lint browser clean

PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
BIN2 := .venv-numpy2/bin
READY2 := .venv-numpy2/ready

# Frameworks are named, so that one that is missing fails the run instead of leaving it.
conformance: $(READY) $(READY2)
	$(BIN)/compatlosses conform --framework numpy --framework torch --framework paddle --framework mindspore
	$(BIN2)/compatlosses conform --framework numpy --framework tensorflow --framework keras --framework jax --framework array_api

# The suite's whole eager run is a part of the tests: what it does not expect fails them.
# MindSpore's tests go first: its compiler does not work in a process in which Paddle's has been at work.
test: $(READY) lint browser test-numpy2 conformance
	$(BIN)/pytest --numprocesses 2 --dist worksteal tests/mindspore
	$(BIN)/pytest --numprocesses 2 --dist worksteal --ignore tests/mindspore

# TensorFlow, Keras and JAX's newest need NumPy 2, MindSpore needs NumPy 1: a second environment has them.
test-numpy2: $(READY2)
	TEST_FRAMEWORKS="tensorflow keras jax optax array_api" $(BIN2)/pytest --numprocesses 2 --dist worksteal \
		tests/tensorflow tests/keras tests/jax tests/optax tests/array_api tests/test_numbers.py tests/test_editions.py tests/test_executors.py tests/test_neutral.py tests/test_repro.py

bench: $(READY) $(READY2)
	$(BIN)/python tools/bench.py
	$(BIN2)/python tools/bench.py --frameworks tensorflow,jax,numpy,kernel \
		--json docs/bench-numpy2.json --picture docs/bench-numpy2.svg

exhaustive: $(READY)
	$(BIN)/python tools/exhaustive.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --package compatlosses

# The report's tests need a Chromium; where none can be had they are skipped, and say so.
browser: $(READY)
	$(BIN)/python tests/support/browser.py

$(READY): pyproject.toml constraints.txt
	@echo "Setting up .venv with every framework: about 3 minutes and 5 GB the first time."
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[all,dev]'
	touch $(READY)

$(READY2): pyproject.toml constraints-numpy2.txt
	@echo "Setting up .venv-numpy2 with TensorFlow, Keras and JAX: about a minute and 2 GB the first time."
	test -x $(BIN2)/python || $(PYTHON) -m venv .venv-numpy2
	$(BIN2)/python -m pip install --constraint constraints-numpy2.txt --editable '.[numpy2]'
	touch $(READY2)

clean:
	rm -rf .venv .venv-numpy2 build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
