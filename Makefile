# `make serve` and `make test` are all a newcomer needs; both install what they use.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: serve serve-llm test test-browser test-llm test-judge widget lint bench bench-llm golden nightly judge fit lock clean

serve: .venv/.runtime
	$(BIN)/python -m service

# A second environment: vLLM pins other versions of what the service uses.
serve-llm: .venv/.runtime .venv-llm/.made
	.venv-llm/bin/python -m service.llm up

test: .venv/.dev
	$(BIN)/python -m pytest

# The real vLLM on this machine's CPU, with the 0.5B model.
test-llm: .venv/.dev .venv-llm/.made
	TEST_LLM=start $(BIN)/python -m pytest tests/llm

# The widget in a real browser; its built files must be those that its source gives.
CHROMIUM ?= $(shell command -v chromium || echo /usr/bin/chromium)
test-browser: .venv/.dev $(CHROMIUM) widget
	cd service/widget && npm run check && npm test
	git diff --exit-code -- service/widget/built
	test -z "$$(git status --porcelain -- service/widget/built)"
	CHROMIUM=$(CHROMIUM) $(BIN)/python -m pytest tests/e2e

widget: service/widget/node_modules/.made
	cd service/widget && npm run build

service/widget/node_modules/.made: service/widget/package-lock.json
	cd service/widget && npm ci
	touch $@

$(CHROMIUM):
	@command -v apt-get > /dev/null || { echo "Chromium is needed; name it: make CHROMIUM=/path/to/chromium"; exit 1; }
	apt-get update
	apt-get install --yes --no-install-recommends chromium fonts-noto-cjk

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Speeds are ratios against a named alternative in the same run; the service must not be running beside it.
bench: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m benchmarks.bm25
	$(BIN)/python -m benchmarks.embed
	$(BIN)/python -m benchmarks.service
	$(BIN)/python -m benchmarks.chunkers
	$(BIN)/python -m benchmarks.langchain_baseline
	$(BIN)/python -m benchmarks.widget

# Through the service, in front of a vLLM that runs on 127.0.0.1:8001 (python -m service.llm serve).
bench-llm: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m benchmarks.llm
	$(BIN)/python -m benchmarks.streams

# Against a running service: `make golden TARGET=http://127.0.0.1:8000`.
TARGET ?= http://127.0.0.1:8000
golden: .venv/.dev
	$(BIN)/python -m eval golden --target $(TARGET)

# The running service: asked, reported, held against its limits and the night before.
nightly: .venv/.dev
	$(BIN)/python -m eval nightly --target $(TARGET)

# The environment of a judge: RAGAs pins other versions than the service.
judge: .venv-eval/.made

test-judge: .venv-eval/.made
	.venv-eval/bin/python -m pytest tests/eval/judge/test_ragas_scores.py tests/eval/judge/test_line.py tests/eval/judge/test_trust.py

fit: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m ingest fit

# Locks carry no index addresses and no local version of torch, so that they hold on any machine.
COMPILE = $(BIN)/pip-compile --quiet --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --strip-extras
lock: .venv/.dev
	$(BIN)/pip install --quiet pip-tools
	$(COMPILE) --extra cpu --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra cpu --extra dev --output-file requirements-dev.lock pyproject.toml
	$(COMPILE) --extra cpu --extra eval --output-file requirements-eval.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock requirements-dev.lock requirements-eval.lock

clean:
	rm -rf .venv .venv-llm .venv-eval var service/widget/node_modules

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

# torch first: with it in place nothing else asks for another build of it.
.venv/.runtime: .venv/.made requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check $$(grep '^torch==' requirements.lock)
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.lock
	touch $@

.venv/.dev: .venv/.made requirements-dev.lock
	$(BIN)/python -m pip install --disable-pip-version-check $$(grep '^torch==' requirements-dev.lock)
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.lock
	touch $@ .venv/.runtime

.venv-llm/.made: .venv/.runtime requirements-llm.lock
	$(BIN)/python -m service.llm check
	$(PYTHON) -m venv .venv-llm
	.venv-llm/bin/python -m pip install --disable-pip-version-check --no-deps -r requirements-llm.lock
	touch $@

.venv-eval/.made: .venv/.made requirements-eval.lock
	$(PYTHON) -m venv .venv-eval
	.venv-eval/bin/python -m pip install --disable-pip-version-check $$(grep '^torch==' requirements-eval.lock)
	.venv-eval/bin/python -m pip install --disable-pip-version-check -r requirements-eval.lock pytest==$$(sed -n 's/^pytest==//p' requirements-dev.lock)
	touch $@
