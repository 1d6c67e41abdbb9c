# The two commands are `make demo` and `make test`; the rest is what they are made of.
# Builds run as you. Packages and the lab need root: sudo is used for them when you are not root.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: build demo test lint bench soak lab packages packages-lab packages-lint packages-test packages-bench

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Test binaries make namespaces: cargo starts them through this.
ifneq ($(SUDO),)
RUNNER := --config 'target."cfg(unix)".runner=["sudo","-E"]'
endif

# What the lab needs: the demo runs with these alone.
LAB_PACKAGES := gcc libc6-dev nftables dnsmasq-base iproute2 ethtool tcpdump udhcpc iputils-ping curl freeradius-utils
# What the tests need besides.
TEST_PACKAGES := $(LAB_PACKAGES) chromium faketime fonts-dejavu-core libnss3-tools prometheus sqlite3 strace \
  mmdebstrap openssh-client python3-venv systemd-container
# What is measured beside ours. Where services start by themselves it is stopped again: the bench starts its own.
BENCH_PACKAGES := $(LAB_PACKAGES) freeradius sqlite3

build:
	cargo build --release --workspace --bins

# make demo              runs until interrupted
# make demo ARGS=--check plays a short script of visits and ends with 0 or 1
demo: packages-lab build
	$(SUDO) target/release/demo $(ARGS)

# A shell in the lab, with phones.
lab: packages-lab build
	$(SUDO) target/release/lab

test: packages-test tests/browser/node_modules target/ansible-venv tests/radius/pyrad/venv
	cargo build --release --workspace --all-targets
	cargo test --release --workspace --doc
	if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run --release --workspace $(RUNNER); \
	else \
	  cargo test --release --workspace --lib --bins --tests $(RUNNER); \
	fi

lint: packages-lint target/ansible-venv
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --quiet
	cargo test --release --package hotspot-tests --test layering
	cd ansible && PATH="$(CURDIR)/target/ansible-venv/bin:$$PATH" ansible-lint -q --strict

# Figures of the agent as it is shipped to access points with little flash, of a crowd, and of RADIUS beside FreeRADIUS.
# make bench ARGS=radius measures one part of them.
bench: packages-bench build
	cargo build --profile agent --package ap-agent --bin ap-agent
	$(SUDO) target/release/bench $(ARGS)

# The faults at their real length: the controller is out of reach for ten minutes.
soak: packages-test build
	HOTSPOT_SOAK=1 cargo test --release --package hotspot-tests --test faults $(RUNNER) -- --nocapture

packages: packages-test

packages-lint:
	@$(call install,python3-venv)

packages-lab:
	@$(call install,$(LAB_PACKAGES))

packages-bench:
	@$(call install,$(BENCH_PACKAGES)); \
	if [ -d /run/systemd/system ]; then $(SUDO) systemctl disable --now --quiet freeradius; fi

packages-test:
	@$(call install,$(TEST_PACKAGES) $(if $(shell command -v npm),,nodejs npm))

tests/browser/node_modules: tests/browser/package-lock.json
	cd tests/browser && npm ci
	touch $@

# Ansible as pinned, in an environment of its own.
target/ansible-venv: ansible/requirements.txt
	rm -rf $@
	mkdir -p target
	python3 -m venv $@ && $@/bin/pip install --quiet --requirement $< || { rm -rf $@; exit 1; }
	touch $@

# pyrad as pinned: an independent client of RADIUS.
tests/radius/pyrad/venv: tests/radius/pyrad/requirements.txt
	/usr/bin/python3 -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	touch $@

# One call of apt-get for all that is missing; the lists are fetched only when they do not know a package.
define install
missing=; \
for package in $(1); do \
  [ "$$(dpkg-query --show --showformat='$${db:Status-Status}' "$$package" 2>/dev/null)" = installed ] || missing+=" $$package"; \
done; \
[ -z "$$missing" ] && exit 0; \
apt-cache show $$missing >/dev/null 2>&1 || $(SUDO) apt-get update; \
$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $$missing
endef
