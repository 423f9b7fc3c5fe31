# Everything a developer or an operator of the one-machine platform types.
# `make up` and `make test` need nothing installed beforehand but Python, Go,
# Node and make; see README.md.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CLIENT := $(addprefix extensions/client/,mofang_api mofang mofang_run)
PACKAGES := $(CLIENT) spawner hub extensions/training extensions/cloudshell extensions/tensorboard extensions/files extensions/hub_pages helm/local images
CLUSTER ?= local
PORT ?= 8080
# off: NetworkPolicies are not enforced on this machine.
NETWORK_POLICY ?= on
# local: a directory of this machine; ceph: a CephFS of its own. Empty: as it was.
STORAGE ?=
VALUES ?=
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
FRONTENDS := shared training cloudshell tensorboard files hub_pages

# Each target says where it is, also without a terminal.
export PYTHONUNBUFFERED := 1

.PHONY: up wait down migrate clean status build test lint format bench rights docs frameworks client wire lock \
	test-needs test-platform test-programs test-unit test-frontend test-chart \
	test-cluster test-ceph test-e2e test-long test-peers test-bare attack

up: .venv/ready ## Start the platform; CLUSTER=current installs on KUBECONFIG
	$(BIN)/python -m mofang_local up --cluster $(CLUSTER) --port $(PORT) --network-policy $(NETWORK_POLICY) $(if $(STORAGE),--storage $(STORAGE)) $(foreach file,$(VALUES),--values $(file))

down: .venv/ready ## Stop the platform; homes, jobs and the hub's database stay
	$(BIN)/python -m mofang_local down

migrate: .venv/ready ## Move people's files to STORAGE=ceph, or back to STORAGE=local
	$(BIN)/python -m mofang_local migrate --to "$(STORAGE)"

clean: .venv/ready ## Stop the platform and remove what people kept in it
	$(BIN)/python -m mofang_local clean

status: .venv/ready
	$(BIN)/python -m mofang_local status

wait: .venv/ready ## Wait for what `make up` goes on with in the background
	$(BIN)/python -m mofang_local wait

build: .venv/ready ## Build every program and image without starting them
	$(BIN)/python -m mofang_local build

test: test-needs ## Everything but test-long, test-bare and attack; starts the platform
	$(MAKE) --jobs=4 --output-sync=line test-platform lint test-unit test-frontend
	$(MAKE) test-chart
	$(MAKE) test-cluster
	$(MAKE) test-ceph
	$(MAKE) test-e2e
	@$(BIN)/python -m tests.support.passed test-long test-bare attack

# Says what is missing before anything runs, and installs what Debian has.
test-needs: .venv/ready
	$(BIN)/python -m tests.support.needs everything

# Starts beside the tests that need no platform.
test-platform: .venv/ready
	$(MAKE) up
	$(MAKE) wait
	$(MAKE) test-programs

test-programs: .venv/ready
	$(BIN)/python -m mofang_local build --phase tests
	$(BIN)/python -m tests.support.sdk

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-unit: .venv/ready
	$(BIN)/python -m tests.support.needs unit
	$(BIN)/pytest tests/unit --numprocesses=2 --dist=loadfile

# Images are built beside it, from the same workspace.
test-frontend: .venv/ready
	mkdir -p build
	cd extensions && $(NODE) flock ../build/front-end.lock \
		sh -c 'jlpm install --immutable && cd shared && jlpm build'
	for each in $(FRONTENDS); do \
		(cd extensions/$$each && $(NODE) jlpm lint && $(NODE) jlpm test) || exit 1; \
	done

test-chart: .venv/ready
	$(BIN)/python -m tests.support.needs chart
	$(BIN)/pytest tests/chart

test-cluster: test-programs
	$(BIN)/python -m tests.support.needs cluster
	$(BIN)/pytest tests/cluster

test-ceph: .venv/ready ## A real CephFS beside the running platform; needs `make up`
	$(BIN)/python -m tests.support.needs ceph
	$(BIN)/pytest tests/ceph

test-e2e: .venv/ready
	$(BIN)/python -m tests.support.needs e2e
	$(BIN)/pytest tests/e2e
	# JupyterLab keeps what it found of extensions as long as its process lives.
	for each in tests/lab/test_*.py; do $(BIN)/pytest $$each || exit 1; done

test-long: test-programs ## Tests whose right answer takes minutes; needs `make up`
	$(BIN)/python -m tests.support.needs unit cluster ceph e2e
	$(BIN)/python -m tests.long

test-peers: .venv/ready ## The suites of KUBESPAWNER and TRAEFIK_PROXY (checkouts) on our classes; needs `make up`
	$(BIN)/python -m tests.peers $(if $(KUBESPAWNER),--kubespawner $(KUBESPAWNER)) $(if $(TRAEFIK_PROXY),--traefik-proxy $(TRAEFIK_PROXY))

test-bare: .venv/ready ## README's commands and `make test` in a bare Debian
	$(BIN)/python -m tests.bare

attack: .venv/ready ## Findings and 100,000 hostile requests on the platform; REQUESTS=… SEED=… fewer, the same again
	$(BIN)/python -m tests.support.needs cluster e2e
	$(BIN)/python -m tests.attack $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SEED),--seed $(SEED))

bench: .venv/ready ## Figures beside a bare baseline, in one run; STORAGE=ceph those of a CephFS alone
	$(BIN)/python -m tests.support.needs e2e
	$(BIN)/python -m tests.bench $(if $(filter ceph,$(STORAGE)),--only storage)

rights: .venv/ready ## Rewrite the chart's rules for objects of jobs from the engines
	$(BIN)/python -m mofang_jobs.engines.rbac > _engines.new
	mv _engines.new helm/mofang/templates/_engines.tpl

docs: rights ## Rewrite the chart's schema and rules; build the site into build/docs
	$(BIN)/python helm/mofang/write_schema.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

frameworks: .venv/ready ## Rewrite what is made from the frameworks' declarations
	$(BIN)/python extensions/client/write_frameworks.py

client: .venv/ready ## Rewrite the blocking client from the one of asyncio
	$(BIN)/python extensions/client/write_client.py

wire: .venv/ready ## Rewrite the types and the validation of the form from the wire format
	$(BIN)/python extensions/client/write_wire_schema.py
	cd extensions && $(NODE) jlpm install --immutable
	cd extensions/shared && $(NODE) jlpm wire

lock: .venv/ready ## Rewrite the locks (hashes, no addresses)
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group pyproject.toml:dev --no-emit-package mofang \
		--no-emit-package mofang-api --no-emit-package mofang-run \
		--no-emit-package mofang-hub-pages --no-emit-package mofang-images --no-emit-package mofang-spawner $(addsuffix /pyproject.toml,$(PACKAGES)) \
		-o requirements.lock
	$(BIN)/python -m mofang_images lock

.venv/ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet "uv==0.13.9"
	$(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	touch $@
