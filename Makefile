# Three commands do everything on a fresh machine: `make demo`, `make test` and `make test-all`.
# Each first sets up the environment in .venv, with the exact versions of envs/requirements.lock.

PYTHON ?= python3
UV_VERSION := 0.13.9
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
BIN := .venv/bin

# A run starts hundreds of short programs: let Python keep their modules compiled.
unexport PYTHONDONTWRITEBYTECODE

# TORCH=cpu takes PyTorch without CUDA, for a machine without a GPU. An environment remembers what it was made for.
TORCH := $(or $(TORCH),$(shell cat .venv/ready 2>/dev/null))
ifneq ($(filter-out cpu,$(TORCH)),)
$(error TORCH is "$(TORCH)"; it must be cpu or nothing)
endif
LEFT_OUT := $(if $(TORCH),^(cuda|faiss|nvidia|triton)[a-z0-9-]*==,^$$)
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode $(if $(TORCH),--torch-backend cpu)

.PHONY: demo test test-all gpu-check carried setup optional lint report docs lock clean

## demo: run the experiment of config.yaml; its last lines say where the figures are
demo: setup
	$(BIN)/snakemake --cores $(CORES)

# The tests of a file run in one process. There is one process more than there are cores, because tests of clusters
# mostly wait. Their text files are UTF-8 in any locale. Threads that wait for one another sleep, since spinning would
# take the cores from other tests' programs.
TESTS := PYTHONUTF8=1 OMP_WAIT_POLICY=passive $(BIN)/python -m pytest --numprocesses $$(($(CORES) + 1)) --dist loadfile \
	--no-loadscope-reorder --durations 10 --durations-min 1

## test: run the tests that a change should pass before it is committed
test: setup
	$(TESTS) -m "not long"

## test-all: run all tests, including those that take minutes
test-all: setup
	$(TESTS)

# A machine without .venv takes its own Python and PyTorch, and what `make carried` has fetched for it.
GPU_PYTHON := $(if $(wildcard .venv/ready),$(BIN)/python,$(PYTHON))
GPU_PATH := $(CURDIR)/workflow$(if $(wildcard .venv/ready),,:$(CURDIR)/.carried)
GPU_REPORT ?= results/gpu_check.md

## gpu-check: tests and measurements on a GPU, in 8 minutes at most, with a report; offline, and it needs no setup
gpu-check:
	PYTHONPATH=$(GPU_PATH) PYTHONUTF8=1 $(GPU_PYTHON) benchmarks/gpu_check.py --report $(GPU_REPORT)

CARRIED_PYTHON ?= 3.12
CARRIED := annotated-types array-api-compat pydantic pydantic-core typing-inspection

## carried: fetch what gpu-check needs on a machine that has PyTorch, but neither these packages nor a network
carried: setup
	$(BIN)/uv pip install --quiet --target .carried --no-deps --constraints envs/requirements.lock \
		--python-version $(CARRIED_PYTHON) --python-platform x86_64-manylinux_2_28 $(CARRIED)

## report: results of the demo with captions, as one HTML page that opens offline
report: demo
	$(BIN)/snakemake --cores $(CORES) --report report.html

## lint: check the format, style and types of Python, Snakemake rules and the workflow
lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

## docs: make a site of the pages in docs; it opens offline, at site/index.html
docs: setup
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r envs/docs.lock
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs site

## setup: make the environment (nothing to do the second time); TORCH=cpu leaves out CUDA
setup: .venv/ready

.venv/ready: envs/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "activepool needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V); try: make PYTHON=python3.12 demo"; exit 1; }
	@echo "Setting up .venv$(if $(TORCH),, (7.4 GB)): it takes a minute or more, depending on the network and the disk"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	grep -vE '$(LEFT_OUT)' envs/requirements.lock > .venv/requirements.lock
	$(INSTALL) -r .venv/requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	echo $(TORCH) > $@

## optional: add the packages of trackers, of timm, UMAP and cleanlab, and of profiles/kubernetes
optional: setup
	grep -vE '$(LEFT_OUT)' envs/optional.lock > .venv/optional.lock
	$(INSTALL) -r .venv/optional.lock
	$(INSTALL) -r envs/kubernetes.lock

# The locks hold for every platform and Python 3.11 or newer.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate --no-header \
	--no-emit-index-url

## lock: take the newest versions of what pyproject.toml and envs/*.in name into the locks and the conda file
lock: setup
	$(COMPILE) pyproject.toml --extra images --extra figures --extra digits --extra parquet --extra remote envs/requirements.in -o envs/requirements.lock
	$(BIN)/python envs/conda_from_lock.py
	$(COMPILE) -c envs/requirements.lock pyproject.toml --extra timm --extra umap --extra tracking envs/optional.in -o envs/optional.lock
	$(COMPILE) -c envs/requirements.lock envs/docs.in -o envs/docs.lock
	# botocore, for S3, wants an older dateutil than pandas takes.
	grep -v '^python-dateutil==' envs/requirements.lock > .venv/constraints.txt
	$(COMPILE) -c .venv/constraints.txt envs/kubernetes.in -o envs/kubernetes.lock

## clean: remove what runs wrote
clean:
	rm -rf results report.html site .snakemake
