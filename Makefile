# Everything a developer or an operator of the one-machine platform types.
# `make up` and `make test` need nothing installed beforehand but Python, Go,
# Node and make; see README.md.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := extensions/client spawner hub extensions/training extensions/cloudshell extensions/tensorboard helm/local images
CLUSTER ?= local
PORT ?= 8080
VALUES ?=
FRONTENDS := training cloudshell tensorboard

# Each target says where it is, also without a terminal.
export PYTHONUNBUFFERED := 1

.PHONY: up wait down clean status build test lint format test-unit test-frontend \
	test-chart test-cluster test-e2e bench docs lock

up: .venv/ready ## Start the platform; CLUSTER=current installs on KUBECONFIG
	$(BIN)/python -m mofang_local up --cluster $(CLUSTER) --port $(PORT) $(foreach file,$(VALUES),--values $(file))

down: .venv/ready ## Stop the platform; homes, jobs and the hub's database stay
	$(BIN)/python -m mofang_local down

clean: .venv/ready ## Stop the platform and remove what people kept in it
	$(BIN)/python -m mofang_local clean

status: .venv/ready
	$(BIN)/python -m mofang_local status

wait: .venv/ready ## Wait for what `make up` goes on with in the background
	$(BIN)/python -m mofang_local wait

build: .venv/ready ## Build every program and image without starting them
	$(BIN)/python -m mofang_local build

test: lint test-unit test-frontend up test-chart test-cluster test-e2e

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-unit: .venv/ready
	$(BIN)/pytest tests/unit

test-frontend: .venv/ready
	for each in $(FRONTENDS); do \
		(cd extensions/$$each && PATH="$(CURDIR)/$(BIN):$$PATH" jlpm install --immutable && \
			PATH="$(CURDIR)/$(BIN):$$PATH" jlpm test) || exit 1; \
	done

test-chart: .venv/ready
	$(BIN)/pytest tests/chart

test-cluster: .venv/ready
	$(BIN)/pytest tests/cluster

test-e2e: .venv/ready .venv/browser
	$(BIN)/pytest tests/e2e

bench: .venv/ready .venv/browser ## Figures beside a bare baseline, in one run
	$(BIN)/python -m tests.bench

docs: .venv/ready ## Rewrite the schema that is made from values.schema.yaml
	$(BIN)/python helm/mofang/write_schema.py

lock: .venv/ready ## Rewrite the locks (hashes, no addresses)
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group pyproject.toml:dev --no-emit-package mofang \
		--no-emit-package mofang-spawner $(addsuffix /pyproject.toml,$(PACKAGES)) \
		-o requirements.lock
	$(BIN)/python -m mofang_images lock

.venv/ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet "uv==0.13.9"
	$(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	touch $@

# The browser is Debian's: a person's own Chromium or Chrome serves as well.
.venv/browser: | .venv/ready
	command -v chromium >/dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		-o DPkg::Lock::Timeout=300 chromium fonts-dejavu-core; }
	touch $@
