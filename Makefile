# demo: the main job, from nothing. test: all set-up, then the tests. Both make .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo/etl
# One more than the cores of a small machine: most tests wait for processes now and then.
WORKERS ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-long durability test-agents attacks lint bench bench-decisions docs clean

demo: .venv/.labs
	@rm -rf demo && mkdir -p demo
	@export PATH="$(CURDIR)/$(BIN):$$PATH" AUTOEXP_CACHE_DIR="$(CURDIR)/demo/cache"; \
	set -e; \
	autoexp init --lab etl --repo $(DEMO); \
	autoexp run --repo $(DEMO); \
	echo; autoexp log --repo $(DEMO); \
	echo; autoexp status --repo $(DEMO); \
	echo; python benchmarks/lab_score.py etl --repo $(DEMO); \
	echo; autoexp report --repo $(DEMO)

test: .venv/.dev
	$(BIN)/pytest -q -n $(WORKERS) -m "not long and not agents"

test-long: .venv/.dev
	$(BIN)/pytest -q -n $(WORKERS) -m "not agents"

# Everything that campaigns must survive: kill -9 at every point and at random ones, power loss, full disks, damage. Prints its figures.
durability: .venv/.dev
	$(BIN)/pytest -q -s tests/durability

# Real coding agents at pinned versions, with the Node that they need, in a cache folder; each is driven through a fake model.
test-agents: .venv/.dev
	$(BIN)/python -m tests.agents.install
	$(BIN)/pytest -q -n 2 -m agents tests/agents

# Every attack at every level, as this user and, from root, as an ordinary one; writes the table of docs/attacks.md.
attacks: .venv/.dev
	$(BIN)/python -m tests.attacks.table

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev
	$(BIN)/python benchmarks/overhead.py

bench-decisions: .venv/.dev
	$(BIN)/python benchmarks/decisions --check
	$(BIN)/python benchmarks/decisions/confirming.py --check
	$(BIN)/python benchmarks/decisions/resolving.py --contracts standard eager batch single --noises 0.005 0.02 0.05 --check
	$(BIN)/python benchmarks/decisions/end_to_end.py --check

docs: .venv/.docs
	$(BIN)/zensical build --strict

clean:
	rm -rf .venv demo site

.venv/.base: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one with make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

.venv/.labs: .venv/.base
	$(BIN)/python -m pip install --quiet --editable ".[labs]"
	@touch $@

.venv/.dev: .venv/.labs
	$(BIN)/python -m pip install --quiet --editable ".[labs,models,acp]" --group dev
	@touch $@

.venv/.docs: .venv/.base
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@
