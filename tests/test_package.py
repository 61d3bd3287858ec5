"""The package: what it asks for, its version, and the wheel."""

import ast
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from new_environments import new_environment, without_path
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import REPOSITORY, Folder

import activepool

LIBRARY = REPOSITORY / "workflow" / "activepool"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]

#: Imports that go by another name than the package that brings them.
BROUGHT_BY = {"PIL": "pillow", "pydantic_core": "pydantic", "sklearn": "scikit-learn", "umap": "umap-learn"}


def imported_packages(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    packages = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"activepool"}
    return {BROUGHT_BY.get(name, name).replace("_", "-") for name in packages}


def test_the_project_names_what_the_library_imports():
    requirements = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]
    named = {re.match(r"[\w-]+", requirement)[0].replace("_", "-") for requirement in requirements}
    needed_by_torch = {"tensorboard"}
    assert named - needed_by_torch == set().union(*map(imported_packages, LIBRARY.rglob("*.py")))


NUMPY_ALONE = """
import sys
import numpy as np
import activepool
features = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
labels = np.where(np.arange(200) < 20, np.arange(200) % 4, -1)
for name in ("random", "margin", "base", "coreset", "badge", "cluster_margin", "balancing"):
    activepool.select(name, features, labels=labels, budget=5, seed=0)
print(*sys.modules)
"""


def test_arrays_of_numpy_need_no_extra():
    loaded = subprocess.check_output([sys.executable, "-c", NUMPY_ALONE], text=True).split()
    extras = {"array_api_compat", "matplotlib", "safetensors", "sklearn", "torch", "torchvision"}
    assert extras.isdisjoint(loaded)


def test_every_page_gives_the_same_version():
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    version, date = re.search(r"(?m)^## (\S+) \((.+)\)$", changes).groups()
    assert activepool.__version__ == cited["version"] == version
    assert str(cited["date-released"]) == date


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    (file,) = folder.iterdir()
    return file


def test_the_wheel_holds_the_library_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    kinds = (".py", ".html", ".css", ".js")
    files = [LIBRARY / "py.typed", *(path for path in LIBRARY.rglob("*") if path.suffix in kinds)]
    assert names == {str(file.relative_to(LIBRARY.parent)) for file in files}


def test_the_wheel_installs(wheel, tmp_path):
    """It installs into a new environment, which then has the packages of this one, but not the checkout."""
    python = new_environment(tmp_path / "new")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*install, "--no-index", "--no-deps", str(wheel)], check=True)
    program = "import activepool; print(activepool.__version__, activepool.__file__)"
    printed = subprocess.check_output([python, "-c", program], cwd=tmp_path, env=without_path(), text=True)
    version, file = printed.split()
    assert version == activepool.__version__
    assert Path(file).is_relative_to(tmp_path / "new")


def test_snakemake_finds_the_library_by_itself(tmp_path):
    """The rules and their jobs take the library that lies beside them, which nobody has installed."""
    write_embeddings(tmp_path / "given.h5")
    configured = Folder(tmp_path, EMBEDDINGS)
    python = new_environment(tmp_path / "new")
    assert subprocess.run([python, "-c", "import activepool"], stderr=subprocess.DEVNULL).returncode == 1
    splits = "results/trial/splits/seed0/validation.csv"
    subprocess.run([python, *configured.command(splits)[1:]], cwd=tmp_path, env=without_path(), check=True)
    assert (tmp_path / splits).is_file()
