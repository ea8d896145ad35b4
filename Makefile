# Labelmill on one machine. `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
TEST_STAMP := .venv/.installed-test
SLOW_STAMP := .venv/.installed-test-slow

.PHONY: help setup run smoke reset check format test test-slow

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP)  ## virtual environment with the pinned requirements

RUNTIME := requirements.txt $(filter-out requirements/test%.txt,$(wildcard requirements/*.txt))

$(STAMP): $(RUNTIME)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Labelmill needs Python 3.11 or newer, this is %s: make PYTHON=python3.11 …" % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the pinned requirements into .venv (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(TEST_STAMP): $(STAMP) requirements/test.txt
	@echo "installing what checks and tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/test.txt
	@touch $@

$(SLOW_STAMP): $(TEST_STAMP) requirements/test-slow.txt
	@echo "installing what the slow tests train a model with …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/test-slow.txt
	@touch $@

run: setup  ## everything on this machine: local AWS, sample posts, labeler
	@$(BIN)/python -m demo.run

smoke: setup  ## the main job once on a scratch state; SITE=url or folder of pages
	@$(BIN)/python -m demo.smoke $(if $(SITE),--site '$(SITE)')

reset:  ## forget all local state
	rm -rf .local

check: $(TEST_STAMP)  ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -n auto

format: $(TEST_STAMP)  ## mend formatting and what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(TEST_STAMP)  ## the suite, real browser included
	CHROMIUM_PATH=$$($(BIN)/python -m scraper.chromium) $(BIN)/pytest -n auto --dist loadfile -m 'not slow'

test-slow: $(SLOW_STAMP)  ## what takes longer
	CHROMIUM_PATH=$$($(BIN)/python -m scraper.chromium) $(BIN)/pytest -n auto --dist loadfile -m slow
