# The few commands that one needs; `make help` lists them.
# Works on a machine with only make and Python 3.11 or newer.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
# Another environment that already holds everything, instead of .venv-dev.
DEV ?= .venv-dev/bin/python

VAR_DIR ?= $(CURDIR)/var
# Bytecode lives beside the data, so that the environment stays as small as its packages.
export PYTHONPYCACHEPREFIX = $(VAR_DIR)/pycache
unexport PYTHONPATH PYTHONHOME
.DEFAULT_GOAL := help
.PHONY: run install test check bench lock messages clean help dev python

run: python ## start the site with a demo bot on http://127.0.0.1:8000 (PORT=… for another)
	@$(PYTHON) requirements/install.py
	@exec env DEMO="$${DEMO:-1}" .venv/bin/python manage.py serve

install: python ## install what the site needs, also when it seems installed
	@$(PYTHON) requirements/install.py again

test: dev ## every test that this machine can run; says what it leaves out and how to get it
	@exec $(DEV) tests/run.py

check: dev ## linters, types, architecture, migrations, translations, deployment settings
	@exec $(DEV) tests/check.py

bench: dev ## measure; a table at the end, JSON in var/bench/
	@exec $(DEV) -m tests.bench

lock: ## compile requirements/*.in with hashes (needs uv)
	@requirements/lock

messages: dev ## collect new strings into locale/ (needs gettext)
	@exec $(DEV) manage.py messages_collect

clean: ## remove environments and caches; the data in var/ stays
	rm -rf .venv .venv-dev .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
	  var/pycache var/coverage

help:
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

dev: python
ifeq ($(origin DEV),file)
	@$(PYTHON) requirements/install.py dev
endif

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found." >&2; exit 1; }
