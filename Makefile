# Every target installs what is missing, and prints a line for it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export MSRV := $(shell sed -nE 's/^rust-version = "(.*)"/\1/p' Cargo.toml)

.PHONY: help build run test test-suites suite-chromium suite-firefox test-page test-engines test-builds test-python check msrv audit fuzz bench figures pictures clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

build: ## build the page: www/dist/canary-rollout.js and .mjs
	@scripts/install.sh wasm npm
	@scripts/build-page.mjs

run: build ## build the page and open it
	@scripts/open-page.sh

test: test-suites test-page test-engines test-python ## run all tests

test-suites: ## run the engine's tests natively, in Chromium and in Firefox, and check that the same ones ran
	@scripts/install.sh wasm chromium firefox prometheus cluster
	@mkdir -p target
	cargo test 2>&1 | tee target/suite-native.txt
	cargo test --profile unwinding --test it golden
	@for example in one_rollout policy_test custom_sink; do cargo run --quiet --example $$example >/dev/null; done
	@# A browser runs them on one core.
	@$(MAKE) --jobs=2 --output-sync suite-chromium suite-firefox
	@scripts/compare-suites.mjs target/suite-{native,chromium,firefox}.txt

suite-chromium:
	wasm-pack test --headless --chrome 2>&1 | tee target/suite-chromium.txt

suite-firefox:
	wasm-pack test --headless --firefox 2>&1 | tee target/suite-firefox.txt

test-page: build ## run the page's tests in Chromium, and check its size against the budget
	@scripts/install.sh chromium
	node_modules/.bin/playwright test
	@scripts/size.mjs

test-builds: build ## build the package into projects of Vite, React, Vue, webpack and others, and open them in Chromium
	@scripts/install.sh chromium
	node --test tests/builds/builds.test.mjs

test-engines: build ## run the page's main flows in Firefox and WebKit, and compare their layout with Chromium's
	@scripts/install.sh chromium firefox webkit
	xvfb-run --auto-servernum --server-args='-screen 0 1600x4200x24' \
	  node --test --test-concurrency=2 tests/engines/*.test.mjs

# The Python package has a workspace and a folder for builds of its own.
PYTHON := CARGO_TARGET_DIR=$(CURDIR)/target/python VIRTUAL_ENV=$(CURDIR)/target/python-venv
VENV := $(CURDIR)/target/python-venv/bin

test-python: ## build the Python package into a virtual environment, and run its tests
	@scripts/install.sh python
	cargo build --locked
	cd python && $(PYTHON) $(VENV)/maturin develop --locked
	cd python && CANARY_ROLLOUT=$(CURDIR)/target/debug/canary-rollout $(VENV)/python -m pytest

check: build ## check formats, lints on both targets, docs, the page's types, licences
	@scripts/install.sh lints deny python
	cargo fmt --check
	cargo fmt --check --manifest-path python/Cargo.toml
	cargo clippy --locked --all-targets -- -D warnings
	$(PYTHON) cargo clippy --locked --manifest-path python/Cargo.toml -- -D warnings
	cargo clippy --locked --lib --bins --tests --target wasm32-unknown-unknown -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
	node_modules/.bin/tsc
	node_modules/.bin/biome ci
	cargo deny --locked check bans licenses sources
	cargo deny --locked --config deny.toml --manifest-path python/Cargo.toml check bans licenses sources

msrv: ## compile with the oldest supported Rust
	@scripts/install.sh msrv
	cargo +$(MSRV) check --locked --lib --bins --target-dir target/msrv
	cargo +$(MSRV) check --locked --lib --target wasm32-unknown-unknown --target-dir target/msrv

audit: ## check the dependencies for known vulnerabilities; fetches RustSec's list
	@scripts/install.sh deny
	cargo deny --locked check advisories
	cargo deny --locked --config deny.toml --manifest-path python/Cargo.toml check advisories

FUZZ_SECONDS ?= 60
fuzz: ## run each fuzz target for FUZZ_SECONDS (60); needs a nightly Rust
	@scripts/install.sh fuzz
	@mkdir -p fuzz/corpus/text_to_config
	@cp src/config/presets/*.json tests/data/config_everything.json fuzz/corpus/text_to_config
	@mkdir -p fuzz/corpus/recorded_counts
	@cp tests/data/recorded/* fuzz/corpus/recorded_counts
	for target in text_to_config rollout study_options recorded_counts; do \
	  cargo +nightly fuzz run --sanitizer none $$target -- -max_total_time=$(FUZZ_SECONDS) \
	    -dict=fuzz/json.dict -timeout=10 -max_len=4096; \
	done

bench: ## measure the figures of docs/decisions.md
	cargo bench --profile unwinding

figures: build ## measure what the page costs: bytes, first chart, frames, longest task, memory
	@scripts/install.sh chromium
	@scripts/figures.mjs

pictures: build ## redraw the pictures in docs, and draw every view into pictures/
	@scripts/install.sh chromium
	@scripts/pictures.mjs

clean: ## remove everything that was built
	cargo clean
	rm -rf pkg www/dist node_modules
