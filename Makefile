# Everything is done with Swift's own tools; this file only names the steps.
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
RELEASE = -c release --static-swift-stdlib

.PHONY: build release test lint check demo bench fault docs install uninstall clean setup

build:
	$(SWIFT) build

setup:
	@.ci/setup

release:
	$(SWIFT) build $(RELEASE) --product ferrite-migrate

test: export FERRITE_OPTIMIZE_TESTS = 1
test: setup
	$(SWIFT) build --build-tests
	@SWIFT="$(SWIFT)" .ci/test

# What needs no build: the code's form, and which target imports which.
lint:
	$(SWIFT) format lint --strict -r Sources Tests Package.swift
	.ci/check-imports

# Warnings are errors in every target, so the build is the check for them.
check: lint
	$(SWIFT) build --build-tests

# A migration from end to end with real servers; ends by itself and leaves nothing running.
demo: setup release
	$(SWIFT) build $(RELEASE) --product ferrite-demo
	@"$$($(SWIFT) build $(RELEASE) --show-bin-path)/ferrite-demo"

bench: setup release
	$(SWIFT) build $(RELEASE) --product ferrite-bench
	@"$$($(SWIFT) build $(RELEASE) --show-bin-path)/ferrite-bench"

# Random schedules of faults: make fault SEED=n ROUNDS=n. SEED=n ROUNDS=1 repeats a round. ONLY="cancel replica" plays
# the rounds that have both traits.
SEED ?= $(shell date +%s)
ROUNDS ?= 20
ONLY ?=
fault: setup release
	$(SWIFT) build $(RELEASE) --product ferrite-fault
	@"$$($(SWIFT) build $(RELEASE) --show-bin-path)/ferrite-fault" --seed $(SEED) --rounds $(ROUNDS) \
		$(addprefix --only ,$(ONLY))

# Man pages and completions are made from the definitions of the commands.
docs:
	RECORD_DOCS=1 $(SWIFT) test --filter CommandTests.DocumentationTests

install: release
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1" \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	install -m 755 "$$($(SWIFT) build $(RELEASE) --show-bin-path)/ferrite-migrate" "$(DESTDIR)$(PREFIX)/bin/"
	-strip "$(DESTDIR)$(PREFIX)/bin/ferrite-migrate"
	install -m 644 man/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1/"
	install -m 644 completions/ferrite-migrate.bash \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ferrite-migrate"
	install -m 644 completions/_ferrite-migrate "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/"
	install -m 644 completions/ferrite-migrate.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/ferrite-migrate" "$(DESTDIR)$(PREFIX)"/share/man/man1/ferrite-migrate*.1 \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ferrite-migrate" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ferrite-migrate" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ferrite-migrate.fish"

clean:
	$(SWIFT) package clean
