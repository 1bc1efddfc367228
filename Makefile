# `make help` lists the targets. Each does its work in scripts/, so that it can be read and run by itself.
.PHONY: help setup build demo up test unit e2e e2e-kill e2e-failover check fmt bench fuzz sim clean

SEED ?= 1
STOPS ?= 20
ETCD_KILLS ?= 20
PARTITIONS ?= 10
LEASE ?= 6
STORE ?= sqlite
export STORE

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building, running and testing need
	@scripts/setup

build: ## flowd, flowctl, healthd and flowbench in .build/release
	@scripts/setup --runtime
	@scripts/build release

demo: build ## start all, run examples/calc, show it, stop (also STORE=etcd)
	@scripts/demo

up: build ## start flowd and healthd on their usual ports until Ctrl-C (also STORE=etcd)
	@scripts/demo --up

test: ## everything: unit suites, release build, end-to-end suite
	@scripts/test

unit: ## only the unit suites; FILTER=name for some of them
	@scripts/test --unit $(FILTER)

e2e: build ## only the end-to-end suite, against .build/release; FILTER=a06 for some of it (also STORE=etcd)
	@scripts/setup
	@scripts/test --e2e $(FILTER)

e2e-kill: KILLS ?= 200
e2e-kill: build ## kill -9 flowd KILLS times under load and look for lost, stuck or doubled work (also STORE=etcd)
	@scripts/setup
	@.venv/bin/python Tests/EndToEnd/kill_loop.py --kills $(KILLS) --seed $(SEED)

e2e-failover: KILLS ?= 50
e2e-failover: build ## two flowd over three etcd, and KILLS, STOPS, ETCD_KILLS and PARTITIONS under load; LEASE, SEED
	@scripts/setup
	@.venv/bin/python Tests/EndToEnd/failover_loop.py --kills $(KILLS) --stops $(STOPS) --etcd-kills $(ETCD_KILLS) \
		--partitions $(PARTITIONS) --lease $(LEASE) --seed $(SEED)

check: ## format, walls, warnings, generated code, tidy tests
	@scripts/check

fmt: ## format all Swift files
	@scripts/format --in-place

bench: build ## measure; one line a figure, then the budgets; BENCH_FLAGS=--quick (also STORE=etcd)
	@FLOWBENCH_STORE=$(STORE) .build/release/flowbench $(BENCH_FLAGS)

fuzz: ## fuzz the readers of hostile input; SECONDS_EACH=30, KEEP=1
	@scripts/setup --runtime
	@scripts/fuzz

sim: FROM ?= 1
sim: SEEDS ?= 10000
sim: ## simulated worlds with crashes and faults, one a seed; FROM, SEEDS, TRACE=1 tells all of FROM's, MUTANTS=1 plants mistakes
	@scripts/setup --runtime
	@scripts/build sim
	@.build/release/flowsim --from $(FROM) --seeds $(SEEDS) $(if $(TRACE),--trace) $(if $(MUTANTS),--mutants)

clean: ## remove what the builds made
	rm -rf .build
