# make run: the lab in the browser. make test: every check. Both install what is missing first.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$each && break; done)
IN := .venv/bin/python -m
need = $(or $(PYTHON),$(error There is no Python 3.11, 3.12 or 3.13 here: install one of them and try again))

.PHONY: run test slow bench

run:
	@$(need) install.py
	@$(IN) streamlit run app.py

test:
	@$(need) install.py --dev
	@$(IN) ruff check .
	@$(IN) ruff format --check .
	@$(IN) mypy
	@$(IN) pytest -n 3 --dist loadfile --no-loadscope-reorder

slow:
	@$(need) install.py --dev
	@$(IN) pytest -m slow

bench:
	@$(need) install.py --dev
	@$(IN) benchmarks
