# Everything a newcomer types: make play, make test, make check, make bench.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help play test frameworks check format bench bench-rl clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

play: $(VENV)/.local ## Watch Escape Room played by rules and by a language model, side by side
	@$(BIN)/shapley-coop demo escape-room

test: $(VENV)/.dev ## Run the tests with coverage
	@$(BIN)/shapley-coop models pull > /dev/null
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90

frameworks: ## Run the tests of AutoGen and CrewAI, which need environments of their own
	@for name in autogen crewai; do \
		$(PYTHON) -m venv build/$$name && \
		build/$$name/bin/python -m pip install --quiet --disable-pip-version-check -e ".[$$name]" pytest && \
		build/$$name/bin/python -m pytest tests/teams/adapters || exit 1; \
	done

check: $(VENV)/.dev ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure every figure of docs/benchmarks.md that one command can
	@$(BIN)/shapley-coop models pull > /dev/null
	$(BIN)/python -m benchmarks.main

bench-rl: $(VENV)/.dev ## Measure what recurrent policies learn, in an hour or two
	$(BIN)/python -m benchmarks.rl

clean: ## Remove the environment and caches; runs stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage* build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shapley-coop needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0] + "; run make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.local: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing shapley-coop with its local model runtime into $(VENV) ..."
	@$(PIP) -e '.[local]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing everything that checks and tests need into $(VENV) ..."
	@$(PIP) -e '.[local,litellm,rl,view,ray,analysis,langgraph,openai-agents,mcp,dev]'
	@touch $@ $(VENV)/.local
