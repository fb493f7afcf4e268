# Every target sets up what it needs: nothing else has to be typed before it.
#   make demo    see Lambent work          make serve   leave a server to play with
#   make test    the whole suite           make check   style, types, layers
#   make bench   measure this machine      PYTHON=...   choose the interpreter of .venv

MAKEFLAGS += --no-builtin-rules
RUN := .venv/.ready
DEV := .venv/.ready-dev
SETUP_INPUTS := pyproject.toml scripts/setup

.PHONY: help setup setup-dev demo serve test check check-wire leaks policy bench lock clean

help:
	@sed -n '2,4s/^# *//p' Makefile

setup: $(RUN)
setup-dev: $(DEV)

$(RUN): requirements.lock $(SETUP_INPUTS)
	@scripts/setup requirements.lock
	@touch $@

# The development lock holds everything of the other one, so either stamp says that Lambent is installed.
$(DEV): requirements-dev.lock $(SETUP_INPUTS)
	@scripts/setup requirements-dev.lock
	@touch $(RUN) $@

demo: setup
	@rm -rf demo-output/data demo-output/data.key
	@.venv/bin/lambent demo --data demo-output/data

serve: setup
	@echo 'In another shell: eval "$$(.venv/bin/lambent env)", then: .venv/bin/aws lambda list-functions'
	@.venv/bin/lambent serve

# A process a core, four at most; a file's tests stay together, for the servers and worlds that they share.
# PYTEST=... is added to the options; PYTEST='-n 0 ...' runs them in one process.
test: setup-dev
	@.venv/bin/python -m pytest -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile $(PYTEST)

check: setup-dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

# Every operation of the listed services, differentially against botocore (make test runs a sample).
check-wire: setup-dev
	@.venv/bin/python -m tests.protocol.everything

# What is left after 2,000 environments, 20,000 invocations and 3,000 streams (make test has a few of each); needs root.
leaks: setup-dev
	@LEAKS=full .venv/bin/python -m pytest tests/e2e/escape/test_leaks.py --log-cli-level=INFO $(PYTEST)

# The policy engine: every branch is taken by its tests, and what of it can be changed without their noticing (half an hour).
policy: setup-dev
	@.venv/bin/python -m coverage run --branch --source=lambent.policy -m pytest -q tests/unit/policy
	@.venv/bin/python -m coverage report --show-missing --fail-under=100
	@.venv/bin/python scripts/mutate.py

# The server killed at random instants while it accepts, runs and delivers 10,000 events (make test kills it once).
crashes: setup-dev
	@CRASHES=full .venv/bin/python -m pytest tests/api/test_asynchronous.py -k kill_9 --log-cli-level=INFO $(PYTEST)

bench: setup-dev
	@.venv/bin/python -m bench $(BENCH)

# For maintainers, who need uv: pin every dependency again, with hashes.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml
lock:
	$(LOCK) --extra demo --extra kafka --extra rabbitmq -o requirements.lock
	$(LOCK) --extra demo --extra kafka --extra rabbitmq --extra dev -o requirements-dev.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache demo-output
