# Labelmill on one machine. `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup run smoke reset check format test test-slow

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP)  ## virtual environment with the pinned requirements

$(STAMP): requirements.txt $(wildcard requirements/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Labelmill needs Python 3.11 or newer, this is %s: make PYTHON=python3.11 …" % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the pinned requirements into .venv (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

run: setup  ## everything on this machine: local AWS, sample posts, labeler
	@$(BIN)/python -m demo.run

smoke: setup  ## the main job once on a scratch state; SITE=url or folder of pages
	@$(BIN)/python -m demo.smoke $(if $(SITE),--site '$(SITE)')

reset:  ## forget all local state
	rm -rf .local

check: setup  ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## mend formatting and what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: setup  ## the suite, real browser included
	$(BIN)/pytest -m 'not slow'

test-slow: setup  ## what takes longer
	$(BIN)/pytest -m slow
