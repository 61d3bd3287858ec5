"""The rooms of the library and of planning: imports point down, and no loose module lies at the top."""

import ast
import re
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


def imported_rooms(file: Path) -> set[str]:
    """Return the rooms that a file imports from, also by a name of the package itself."""
    names, called = set(), set()
    nodes = [*ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "activepool":
            _, _, inside = node.module.partition(".")
            names.update([inside.split(".")[0]] if inside else [name.name for name in node.names])
        elif isinstance(node, ast.Import):
            packages = [alias for alias in node.names if alias.name.split(".")[0] == "activepool"]
            names.update(alias.name.split(".")[1] for alias in packages if "." in alias.name)
            called.update(alias.asname or "activepool" for alias in packages)
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in called:
            names.add(node.attr)
    return {
        activepool._MODULES.get(name, f"activepool.{name}").split(".")[1] for name in names - PACKAGE_NAMES
    }


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
    imports = re.compile(r"^\s*from planning\.(\w+)", re.MULTILINE)
    wrong = [
        f"{file.relative_to(planning)} imports {room}"
        for number, room_of_file in enumerate(PLANNING_ROOMS)
        for file in [*planning.glob(f"{room_of_file}.py"), *(planning / room_of_file).rglob("*.py")]
        for room in imports.findall(file.read_text(encoding="utf-8"))
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
