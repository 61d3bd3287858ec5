import ast
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from rules_read import stages

from activepool.backbones.registry import BACKBONES
from planning.stages import digests
from planning.stages.digests import declaration

#: The modules that import others by names which are not in the code. The digests name these themselves,
#: except the package's own names (__init__.py), which no stage uses.
IMPORT_BY_NAME = {"__init__.py", "plugins.py", "strategies/registry.py", "figures/registry.py"}
IMPORT_BY_NAME |= {"programs/server.py"}  # the stage's own module


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package: one imports two, two imports three; four stands alone."""
    root = tmp_path / "activepool"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "one.py").write_text("from activepool.two import double\n\nprint(double(1))\n")
    (root / "two.py").write_text(
        '"""Two."""\n\n\ndef double(x):\n    from activepool import three\n    return three.TWO * x\n'
    )
    (root / "three.py").write_text("TWO = 2\n")
    (root / "four.py").write_text("FOUR = 4\n")
    monkeypatch.setattr(digests, "ROOT", tmp_path)
    monkeypatch.setattr(digests, "LIBRARY", root)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    yield root
    forget()


def forget():
    for function in (digests.code_digest, digests._module, digests._module_files):
        function.cache_clear()


def digest(package):
    forget()
    return digests.code_digest(package / "one.py")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("one.py", "from activepool.two import double\n\nprint(double(3))\n"),
        ("two.py", "def double(x):\n    from activepool import three\n    return x + three.TWO\n"),
        ("three.py", "TWO = 3\n"),
        ("__init__.py", "VERSION = 1\n"),
    ],
)
def test_a_change_of_an_import_changes_the_digest(package, file, content):
    before = digest(package)
    (package / file).write_text(content)
    assert digest(package) != before


def test_other_modules_do_not_count(package):
    before = digest(package)
    (package / "four.py").write_text("FOUR = 5\n")
    assert digest(package) == before


def test_comments_docstrings_and_layout_do_not_count(package):
    before = digest(package)
    (package / "two.py").write_text(
        '"""Two, in other words."""\n\ndef double( x ):  # twice\n    """Return it."""\n'
        "    from activepool import three\n\n    return (three.TWO\n            * x)\n"
    )
    assert digest(package) == before


def test_the_version_does_not_count(package):
    (package / "__init__.py").write_text('__version__ = "0.1.0"\nONE = 1\n')
    before = digest(package)
    (package / "__init__.py").write_text('__version__ = "0.2.0"\nONE = 1\n')
    assert digest(package) == before


def test_imports_for_type_checkers_do_not_count(package):
    text = (
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from activepool.{0} import {0}\nelse:\n    {0} = 1\n"
    )
    (package / "__init__.py").write_text(text.format("four"))
    before = digest(package)
    assert package / "four.py" not in digests.with_imports(package / "one.py")
    (package / "__init__.py").write_text(text.format("four").replace("import four", "import four, five"))
    assert digest(package) == before
    (package / "__init__.py").write_text(text.format("four").replace("= 1", "= 2"))
    assert digest(package) != before


def test_lazy_names_of_the_package_are_not_imports():
    assert len(digests.with_imports(declaration("validation").file)) < 40


def test_every_stage_has_a_digest_of_its_own():
    forget()
    by_stage = {stage: digests.code_digest(declaration(stage).file) for stage in stages()}
    assert len(set(by_stage.values())) == len(by_stage)


def test_every_backbone_is_in_the_digest_of_the_stages_that_build_one():
    for stage in ("pretrain", "extract", "finetune"):
        files = digests.with_imports(declaration(stage).file)
        for place in BACKBONES.values():
            assert Path(find_spec(place.partition(":")[0]).origin) in files


def test_digests_see_all_imports_of_the_library():
    names = set()
    for file in digests.LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            assert not isinstance(node, ast.ImportFrom) or node.level == 0, f"{file}: a relative import"
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if name.endswith(("import_module", "spec_from_file_location", "__import__")):
                names.add(str(file.relative_to(digests.LIBRARY)))
    assert names <= IMPORT_BY_NAME


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"def f(:\n", "is not Python: invalid syntax (line 1)"),
        (b"x = 1\0\n", "is not Python: source code string cannot contain null bytes"),
        (b"x = '\xe9'\n", "is not Python: (unicode error) 'utf-8' codec can't decode"),
        (b"x = " + b"(" * 3000 + b")" * 3000, "is not Python: "),
        (b"\xef\xbb\xbfx = 1\n", None),
    ],
)
def test_a_file_that_is_not_python_is_an_error(tmp_path, content, words):
    path = tmp_path / "mine.py"
    path.write_bytes(content)
    problem = digests.syntax_problem(path)
    assert problem is None if words is None else problem.startswith(words)


def test_a_file_is_parsed_once_until_it_changes(package, monkeypatch):
    first = digest(package)
    monkeypatch.setattr(digests, "_imported_names", lambda tree: pytest.fail("it was parsed again"))
    assert digest(package) == first


@pytest.mark.parametrize("left", [b"", b"[", b"{}", b'{"parsed": "something else"}'])
def test_what_is_left_of_an_older_parse_does_not_count(package, left):
    first = digest(package)
    files = list((package / "__pycache__").glob("*.syntax.json"))
    assert len(files) == 4
    for file in files:
        file.write_bytes(left)
    assert digest(package) == first


def test_a_package_that_cannot_be_written_has_digests(package):
    (package / "__pycache__").touch()  # not even root makes a folder of it
    without = digest(package)
    (package / "__pycache__").unlink()
    assert digest(package) == without


def test_nothing_is_kept_where_bytecode_is_not(package, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    digest(package)
    assert not (package / "__pycache__").exists()
