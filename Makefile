# Each target is one command on a fresh machine with Python 3.11 and make: it makes the environment it needs.
.PHONY: conformance test bench exhaustive lint browser clean

PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
# The installed package is what is tested: a checkout's folder must not stand in for it.
export PYTHONSAFEPATH := 1

conformance: $(READY)
	$(BIN)/compatlosses conform

test: $(READY) lint browser
	$(BIN)/pytest --numprocesses 2 --dist worksteal

bench: $(READY)
	$(BIN)/python tools/bench.py

exhaustive: $(READY)
	$(BIN)/python tools/exhaustive.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/check_types.py

# The report's tests need a Chromium; where none can be had they are skipped, and say so.
browser: $(READY)
	$(BIN)/python tests/support/browser.py

$(READY): pyproject.toml constraints.txt
	@echo "Setting up .venv with every framework: about 3 minutes and 5 GB the first time."
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[all,dev]'
	touch $(READY)

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
