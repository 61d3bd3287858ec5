"""The rooms of the library: imports point down, and no loose module lies at its top."""

import ast
import re
from pathlib import Path

import activepool

LIBRARY = Path(activepool.__file__).parent

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"

#: From the bottom up, as CONTRIBUTING.md lists them: a room imports from those before it alone.
ROOMS = re.findall(
    r"^\| `(\w+)` \|",
    CONTRIBUTING.read_text(encoding="utf-8").partition("| room of the library, from the bottom up |")[2],
    re.MULTILINE,
)

#: What lies beside the rooms.
FRONT = {"__init__"}


def imported_rooms(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "activepool":
            _, _, inside = node.module.partition(".")
            found.update([inside.split(".")[0]] if inside else [name.name for name in node.names])
        elif isinstance(node, ast.Import):
            found.update(one.name.split(".")[1] for one in node.names if one.name.startswith("activepool."))
    return found


def test_each_module_lies_in_a_room():
    found = {
        path.stem for path in LIBRARY.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert found == {*ROOMS, *FRONT}


def test_imports_point_down():
    wrong = [
        f"{file.relative_to(LIBRARY)} imports {room}"
        for room_of_file in ROOMS
        for file in [*LIBRARY.glob(f"{room_of_file}.py"), *(LIBRARY / room_of_file).rglob("*.py")]
        for room in imported_rooms(file) - {room_of_file}
        if ROOMS.index(room) > ROOMS.index(room_of_file)
    ]
    assert wrong == []


def test_scores_and_strategies_know_no_files():
    rooms = [
        file for room in ("scores", "diversity", "strategies") for file in (LIBRARY / room).rglob("*.py")
    ]
    assert [file.name for file in rooms if "io" in imported_rooms(file)] == []
