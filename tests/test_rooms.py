"""The rooms of the library and of planning: imports point down, and no loose module lies at the top."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import activepool

LIBRARY = Path(activepool.__file__).parent

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


def listed_rooms(package: str) -> list[str]:
    """Return the rooms of a package from the bottom up, as CONTRIBUTING.md lists them."""
    _, _, table = CONTRIBUTING.read_text(encoding="utf-8").partition(
        f"| room of {package}, from the bottom up |"
    )
    return re.findall(r"^\| `(\w+)` \|", table.partition("\n\n")[0], re.MULTILINE)


#: A room imports only from those before it.
ROOMS, PLANNING_ROOMS = listed_rooms("the library"), listed_rooms("planning")

#: What lies beside the rooms, and what it has of its own; its other names are those of rooms.
FRONT, PACKAGE_NAMES = {"__init__"}, {"__version__"}


def imported_modules(file: Path, package: str) -> set[str]:
    """Return the names, inside a package, of what a file imports from it, also by a name of the package."""
    names, called = set(), set()
    nodes = [*ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == package:
            _, _, inside = node.module.partition(".")
            names.update([inside] if inside else [name.name for name in node.names])
        elif isinstance(node, ast.Import):
            packages = [alias for alias in node.names if alias.name.split(".")[0] == package]
            names.update(alias.name.partition(".")[2] for alias in packages if "." in alias.name)
            called.update(alias.asname or package for alias in packages)
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in called:
            names.add(node.attr)
    return {name.split(".")[0] for name in names}


def imported_rooms(file: Path) -> set[str]:
    """Return the rooms of the library that a file imports from."""
    names = imported_modules(file, "activepool") - PACKAGE_NAMES
    return {activepool._MODULES.get(name, f"activepool.{name}").split(".")[1] for name in names}


def test_each_module_lies_in_a_room():
    rooms_found = {
        path.stem for path in LIBRARY.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms_found == {*ROOMS, *FRONT}


def test_imports_point_down():
    wrong = [
        f"{file.relative_to(LIBRARY)} imports {room}"
        for room_of_file in ROOMS
        for file in [*LIBRARY.glob(f"{room_of_file}.py"), *(LIBRARY / room_of_file).rglob("*.py")]
        for room in imported_rooms(file) - {room_of_file}
        if room not in ROOMS[: ROOMS.index(room_of_file)]
    ]
    assert wrong == []


def test_imports_in_planning_point_down():
    planning = LIBRARY.parent / "planning"
    assert {path.stem for path in planning.glob("[!_]*")} == {*PLANNING_ROOMS}
    wrong = [
        f"{file.relative_to(planning)} imports {room}"
        for number, room_of_file in enumerate(PLANNING_ROOMS)
        for file in [*planning.glob(f"{room_of_file}.py"), *(planning / room_of_file).rglob("*.py")]
        for room in imported_modules(file, "planning")
        if room not in PLANNING_ROOMS[: number + 1]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("import activepool\nactivepool.select()", "api"),
        ("import activepool as pool\npool.load_model()", "labelling"),
        ("import activepool.scores\nactivepool.api.select()", "api"),
        ("from activepool import select", "api"),
        ("from activepool import io", "io"),
        ("from activepool.io.files import write_table", "io"),
    ],
)
def test_an_import_by_way_of_the_package_is_one_of_its_room(tmp_path, text, room):
    (tmp_path / "module.py").write_text(f"{text}\n")
    assert imported_rooms(tmp_path / "module.py") - {"scores"} == {room}


@pytest.mark.parametrize(
    "text", ["from planning.paths import Paths", "from planning import paths", "import planning.paths"]
)
def test_an_import_of_planning_is_seen_in_all_forms(tmp_path, text):
    (tmp_path / "module.py").write_text(f"{text}\n")
    assert imported_modules(tmp_path / "module.py", "planning") == {"paths"}


def test_the_version_is_of_no_room(tmp_path):
    (tmp_path / "module.py").write_text("import activepool\nprint(activepool.__version__)\n")
    assert imported_rooms(tmp_path / "module.py") == set()


def test_the_library_imports_neither_snakemake_nor_planning():
    beginning = re.compile(r"(?m)^\s*(?:from|import) (?:snakemake|planning)\b")
    files = LIBRARY.rglob("*.py")
    assert [file.name for file in files if beginning.search(file.read_text(encoding="utf-8"))] == []


def test_scores_diversity_and_strategies_import_nothing_from_io():
    rooms = [
        file for room in ("scores", "diversity", "strategies") for file in (LIBRARY / room).rglob("*.py")
    ]
    assert [file.name for file in rooms if "io" in imported_rooms(file)] == []


def test_the_declarations_of_all_stages_import_nothing_large():
    """Planning imports every stage to read its declaration."""
    stages = [f"activepool.stages.{file.stem}" for file in (LIBRARY / "stages").glob("[!_]*.py")]
    large = ["torch", "sklearn", "scipy", "pandas", "matplotlib", "h5py", "PIL"]
    program = f"import importlib, sys; [importlib.import_module(name) for name in {stages}];"
    program += f"print([name for name in {large} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"
