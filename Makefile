# What a person types; `.ci/run` calls the same targets. `make` alone explains them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# cargo's own variable moves the builds; the test bed and what tests write go with it.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
TESTBED := $(CURDIR)/target/testbed
VENV := $(TESTBED)/venv/bin
CHECKOV := $(TESTBED)/checkov/bin
BINARY := $(TARGET)/debug/provisioner
MATRIX := $(TARGET)/contract/matrix
EXAMPLES := $(TARGET)/contract/examples

# What the forge reads, and what a user copies.
WORKFLOWS := $(wildcard .github/workflows/*.yml examples/workflows/*.yml examples/development/*.yml)
ACTIONS := action.yml build/action.yml $(wildcard tests/act/*/action.yml)
SCRIPTS := .ci/run $(wildcard action/*.sh tests/*/*.sh examples/*.sh benches/*.sh release/*.sh)

.PHONY: help demo test test-rust test-contract test-permissions test-emulator test-gitlab lint lint-fmt lint-clippy lint-doc lint-licences lint-workflows lint-templates bench bed doc fmt \
	coverage picture release release-dry-run site test-image test-release test-site

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Build, then show a pull request being checked, in the terminal and as a page
	cargo build --locked --quiet --bin provisioner --example comment-page
	./examples/demo.sh

test: test-rust test-contract test-permissions ## Run every test, with the real servers and runners of the test bed

test-rust: bed ## Run the Rust tests only
	cargo test --locked
	PROVISIONER_TESTBED='$(TESTBED)' cargo test --locked --test testbed

# A directory of configs that covers every product, tier and scenario goes through the binary; an independent reading of the
# specification, in another language, judges what came out.
test-contract: bed ## Judge the rendered templates and policies by an independent reading of the specification
	cargo build --locked --quiet
	rm -rf -- '$(MATRIX)'
	'$(VENV)/python' tests/contract/matrix.py generate '$(MATRIX)'
	'$(BINARY)' create-prov-template '$(MATRIX)/ml/configs' '$(MATRIX)/s3/configs'
	'$(BINARY)' create-policy '$(MATRIX)/ml/configs' '$(MATRIX)/s3/configs'
	'$(VENV)/python' tests/contract/trials.py '$(BINARY)' '$(MATRIX)'
	'$(VENV)/python' tests/contract/matrix.py check '$(MATRIX)'
	'$(VENV)/python' tests/contract/refusals.py '$(BINARY)'

# The same directory and the examples together: what a change may take away or bring is told from configs that differ in it.
test-permissions: test-contract ## Prove that the policies and roles allow what is needed, and nothing else
	rm -rf -- '$(EXAMPLES)'
	mkdir -p '$(EXAMPLES)'
	cp -R examples/ml examples/s3 '$(EXAMPLES)'
	'$(BINARY)' create-prov-template '$(EXAMPLES)/ml/configs' '$(EXAMPLES)/s3/configs'
	'$(BINARY)' create-policy '$(EXAMPLES)/ml/configs' '$(EXAMPLES)/s3/configs'
	'$(VENV)/python' tests/contract/trials.py '$(BINARY)' '$(EXAMPLES)'
	'$(VENV)/python' tests/contract/permissions.py --self-test
	'$(VENV)/python' tests/contract/permissions.py '$(MATRIX)'/* '$(EXAMPLES)'/*
	'$(VENV)/python' tests/contract/attacks.py '$(MATRIX)/ml' '$(EXAMPLES)/ml'
	'$(VENV)/python' tests/contract/roles.py --self-test
	for folder in '$(MATRIX)' '$(EXAMPLES)'; do \
		sed '/^scope:/,/^$$/d' examples/policy/.provisioner.yaml > "$$folder/.provisioner.yaml"; \
		(cd "$$folder" && '$(BINARY)' roles --repository acme@1/infra@2 --format json > listed.json); \
		cp examples/policy/.provisioner.yaml "$$folder"; \
		(cd "$$folder" && '$(BINARY)' roles --repository acme@1/infra@2 --format json > scope.json); \
	done
	'$(VENV)/python' tests/contract/roles.py '$(MATRIX)'/{listed,scope}.json '$(EXAMPLES)'/{listed,scope}.json
	(cd '$(EXAMPLES)' && '$(BINARY)' roles --repository acme@1/infra@2 --account 123456789012 > roles.yaml)
	'$(VENV)/cfn-lint' --ignore-checks W3037 -- '$(EXAMPLES)/roles.yaml' # a pattern of reads need not find any

# LocalStack runs on nothing older than Python 3.13, which `make test` must not need. PYTHON313 may say where that is.
test-emulator: ## Create and delete every stack on an emulator of AWS; not in `test`, as it needs Python 3.13
	tests/testbed_servers/install.sh localstack
	cargo build --locked --quiet
	'$(TESTBED)/localstack/bin/python' tests/contract/deploy.py '$(BINARY)' examples/s3/configs

# gitlab-ci-local needs rsync, which `make test` must not need.
test-gitlab: bed ## Run the GitLab component and the pipeline that init writes in gitlab-ci-local; not in `test`, as it needs rsync
	command -v rsync >/dev/null || { echo 'error: rsync is not installed'; exit 1; }
	npm install --prefix '$(TESTBED)/gitlab-ci-local' --no-audit --no-fund --silent gitlab-ci-local@4.64.0
	PROVISIONER_TESTBED='$(TESTBED)' cargo test --locked --test testbed -- --ignored gitlab::runner setup::gitlab

site: ## Build the documentation as a site into target/site, and check its links
	tests/testbed_servers/install.sh site
	python3 site/preprocess.py --self-test
	python3 tests/site/links.py --self-test
	rm -rf -- '$(TARGET)/site'
	'$(TESTBED)/site/bin/mdbook' build --dest-dir '$(TARGET)/site'
	python3 tests/site/links.py '$(TARGET)/site' --external '$(TARGET)/site-external-links.txt'

# CHROMIUM may say where the browser is.
test-site: site demo ## Look at the site and the demo's pages in a browser; not in `test`, as it needs Chromium
	tests/testbed_servers/install.sh browser
	cargo test --locked --quiet --test offline -- estate::the_sample_page
	NODE_PATH='$(TESTBED)/browser/node_modules' node tests/site/look.mjs '$(TARGET)/site' '$(TARGET)/demo' '$(TARGET)/tmp/estate.html' '$(TARGET)/site-pictures'

picture: demo ## Take the pictures of the comment in README again; needs Chromium and a font with emoji
	tests/testbed_servers/install.sh browser
	NODE_PATH='$(TESTBED)/browser/node_modules' node tests/site/picture.mjs '$(TARGET)/demo/github.html' docs/images

test-release: bed ## Test the scripts of the release
	cargo build --locked --quiet
	'$(VENV)/python' tests/release/run.py '$(BINARY)'

IMAGES := $(CURDIR)/target/release-dry-run/images
test-image: bed ## Run the original tools' command lines in the images of the last dry run
	@if [ ! -d '$(IMAGES)' ]; then echo 'error: no images; run `make release-dry-run` first'; exit 1; fi
	tests/image/run.py '$(IMAGES)' '$(TESTBED)'

coverage: ## Measure which lines the tests that need only Rust run; needs cargo-llvm-cov
	cargo llvm-cov --locked --html --output-dir target/coverage

release: ## Prepare the commit of a release, or its tag: make release VERSION=1.2.3
	release/prepare.sh '$(VERSION)'

release-dry-run: bed ## Cut a release without publishing it, twice the same bytes
	release/dry-run.sh $(VERSION) $(if $(ONCE),,--again)

lint: lint-fmt lint-clippy lint-doc lint-licences lint-workflows ## Check format, code, documentation, licences and workflows

lint-fmt:
	cargo fmt --check

lint-clippy:
	cargo clippy --all-targets --locked -- -D warnings

lint-doc:
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --document-private-items --locked

# cargo-deny takes minutes to compile, so nothing here depends on it; where it is installed it has a say. Advisories are not
# asked for: they change without a commit, so they would fail a build that nobody touched.
lint-licences:
	python3 tests/contract/licences.py --self-test
	python3 tests/contract/licences.py
	if command -v cargo-deny >/dev/null; then cargo deny --locked check bans licenses sources; fi

lint-workflows: bed
	'$(VENV)/check-jsonschema' --builtin-schema vendor.github-actions $(ACTIONS)
	'$(VENV)/check-jsonschema' --builtin-schema vendor.github-workflows $(WORKFLOWS)
	PATH='$(VENV)':"$$PATH" '$(VENV)/actionlint' $(WORKFLOWS)
	mkdir -p '$(TARGET)'
	'$(VENV)/python' tests/gitlab/interpolate.py templates/provisioner/template.yml image=x 'environments=[dev, prod]' 'check-user="17"' > '$(TARGET)/gitlab-component.json'
	'$(VENV)/check-jsonschema' --builtin-schema vendor.gitlab-ci '$(TARGET)/gitlab-component.json' .gitlab-ci.yml examples/gitlab/gitlab-ci.yml
	'$(VENV)/check-jsonschema' --builtin-schema vendor.dependabot .github/dependabot.yml
	'$(VENV)/check-jsonschema' --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	'$(VENV)/check-jsonschema' --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	'$(VENV)/zizmor' --offline --persona pedantic --no-progress $(ACTIONS) $(WORKFLOWS) .github/dependabot.yml
	'$(VENV)/shellcheck' --severity=warning $(SCRIPTS)

# checkov would hold the other tools to old versions, so it has an environment of its own and is in no other target. It asks no network.
lint-templates: test-contract ## Ask checkov about rendered templates of each kind and partition; not in `lint`
	test -x '$(CHECKOV)/checkov' || { python3 -m venv '$(TESTBED)/checkov' && '$(CHECKOV)/pip' install --quiet checkov==3.3.30; }
	PATH='$(CHECKOV)':"$$PATH" '$(VENV)/python' tests/contract/scan.py '$(MATRIX)'

bench: ## Measure, and compare with the last measurement
	cargo bench --locked --bench pipeline
	./benches/compare.sh

bed: ## Install the test bed into target/testbed (once)
	tests/testbed_servers/install.sh

doc: ## Build the documentation of the code, private items too
	cargo doc --no-deps --document-private-items --locked

fmt: ## Format the code
	cargo fmt
