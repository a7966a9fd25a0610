#!/usr/bin/env bash
# Installs what is missing for the given needs, and prints a line for each
# installation.
# Usage: scripts/install.sh [wasm] [npm] [chromium] [firefox] [webkit] [lints] [msrv] [deny] [fuzz] [prometheus] [python] [cluster]
set -euo pipefail
cd "$(dirname "$0")/.."

wasm_pack_version=0.15.1
cargo_deny_version=0.20.2
cargo_fuzz_version=0.13.2
geckodriver_version=0.37.1
dask_version=2026.8.0
kubernetes_validate_version=1.37.0

say() { echo "install: $*"; }
fail() { echo "install: $*" >&2; exit 1; }
# Only programs count, because the needs below are functions with the same names.
has() { type -P "$1" >/dev/null; }
# Whether the version at the end of `$2` is `$1` or a later one.
at_least() { printf '%s\n' "$1" "${2##* }" | sort --version-sort --check=silent; }
has_any() { for name; do has "$name" && return; done; return 1; }

# Installs Debian packages, or prints what must be installed.
debian() {
  local install="apt-get install -y --no-install-recommends $*" as_root=()
  has apt-get || fail "missing, and there is no apt-get to install it: $*"
  if [ "$(id -u)" != 0 ]; then
    has sudo || fail "not root, and no sudo here; as root, run: $install"
    as_root=(sudo)
  fi
  say "$*, by apt-get"
  "${as_root[@]}" sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install -qq >/dev/null"
}

rust() {
  has cargo || fail "cargo is missing; install Rust from https://rustup.rs"
  has cc || debian gcc libc6-dev
}

wasm() {
  rust
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    has rustup || fail "this Rust has no wasm32-unknown-unknown target and no rustup to add it"
    say "the Rust target wasm32-unknown-unknown, by rustup"
    rustup target add wasm32-unknown-unknown
  fi
  if ! at_least "$wasm_pack_version" "$(wasm-pack --version 2>/dev/null || true)"; then
    say "wasm-pack $wasm_pack_version, by cargo (some minutes)"
    cargo install --locked --quiet "wasm-pack@$wasm_pack_version"
  fi
}

prometheus() {
  has prometheus && has promtool || debian prometheus
}

# What the examples in examples/cluster run on, and what checks them.
cluster() {
  local venv=target/cluster-venv
  has parallel || debian parallel
  "$venv/bin/python" -c 'import dask.distributed, kubernetes_validate' 2>/dev/null && return
  python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3 python3-venv
  say "dask and kubernetes-validate into $venv, by pip"
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check \
    "dask[distributed]==$dask_version" "kubernetes-validate==$kubernetes_validate_version"
}

lints() {
  rust
  for tool in clippy fmt; do
    cargo "$tool" --version >/dev/null 2>&1 && continue
    has rustup || fail "cargo $tool is missing, and there is no rustup to add it"
    say "cargo $tool, by rustup"
    rustup component add "${tool/fmt/rustfmt}"
  done
}

msrv() {
  rust
  has rustup || fail "the oldest Rust is installed by rustup, and there is none"
  rustup target list --installed --toolchain "${MSRV:?is set by make}" 2>/dev/null |
    grep -q wasm32-unknown-unknown && return
  say "Rust $MSRV with the wasm target, by rustup"
  rustup toolchain install "$MSRV" --profile minimal --target wasm32-unknown-unknown
}

deny() {
  rust
  at_least "$cargo_deny_version" "$(cargo deny --version 2>/dev/null || true)" && return
  say "cargo-deny $cargo_deny_version, by cargo (some minutes)"
  cargo install --locked --quiet "cargo-deny@$cargo_deny_version"
}

fuzz() {
  rust
  # libFuzzer is C++, and its coverage needs flags that only a nightly compiler has.
  has c++ || debian g++
  has rustup || fail "fuzzing needs a nightly Rust, and there is no rustup to run one"
  rustup run nightly rustc --version >/dev/null 2>&1 ||
    fail "fuzzing needs a nightly Rust; run: rustup toolchain install nightly"
  at_least "$cargo_fuzz_version" "$(cargo fuzz --version 2>/dev/null || true)" && return
  say "cargo-fuzz $cargo_fuzz_version, by cargo (some minutes)"
  cargo install --locked --quiet "cargo-fuzz@$cargo_fuzz_version"
}

# Python's tools for the package in python/, in a virtual environment.
python() {
  local venv=target/python-venv
  rust
  has_python || debian python3 python3-venv
  has_python || fail "the Python package is built and tested with Python 3.11 or later, and with its venv"
  [ "$venv/installed" -nt python/requirements.txt ] && "$venv/bin/python" --version >/dev/null && return
  say "the packages of python/requirements.txt into $venv, by pip"
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement python/requirements.txt
  touch "$venv/installed"
}

# Debian has the module ensurepip, which venv needs, in a package of its own.
has_python() {
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

npm() {
  has node || fail "node is missing; install Node.js 20 or later"
  # npm writes the inner file last: older than the lock file, or absent, means stale.
  if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    say "the packages of package-lock.json, by npm ci"
    command npm ci --no-progress --loglevel=error
  fi
}

chromium() {
  has_any chromium chromium-browser google-chrome && has chromedriver && return
  debian chromium chromium-driver fonts-liberation
}

firefox() {
  has_any firefox firefox-esr || debian firefox-esr
  has geckodriver && return
  # Debian has no package of it.
  rust
  say "geckodriver $geckodriver_version, by cargo (some minutes)"
  cargo install --locked --quiet "geckodriver@$geckodriver_version"
}

# WebKit's MiniBrowser, which needs a display: Xvfb is one without a screen.
webkit() {
  has WebKitWebDriver && has xvfb-run && has xauth && return
  debian webkit2gtk-driver xvfb xauth fonts-liberation
}

for need; do
  case $need in
    wasm | npm | chromium | firefox | webkit | lints | msrv | deny | fuzz | prometheus | python | cluster) "$need" ;;
    *) fail "unknown need: $need" ;;
  esac
done
