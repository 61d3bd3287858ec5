"""A user's file as a module: its dataclasses, annotations that are text, files that are called alike."""

import multiprocessing
import pickle
import sys

import numpy as np
import pytest
from queries import Problem

from activepool.api.options import validate_options
from activepool.errors import InputError
from activepool.plugins import load_module, user_line
from activepool.strategies.registry import find_strategy

#: A strategy in the style of a larger project: annotations are text, and one name serves type checkers alone.
MODERN = '''
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection

if TYPE_CHECKING:
    from activepool.strategies.query import Query


@dataclass(frozen=True)
class Plan:
    step: int
    kinds: ClassVar[tuple[str, ...]] = ("a",)


@strategy(source="here")
def stepped(query: Query, *, step: int = {step}, untyped=None) -> Selection:
    """Every so many of the pool."""
    return Selection(query.unlabelled[:: Plan(step).step][: query.budget])
'''


def strategy_in(folder, name="mine.py", step=2):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(MODERN.replace("{step}", str(step)))
    return find_strategy(f"{folder / name}:stepped")


def test_a_file_may_import_others_from_the_working_folder(tmp_path, monkeypatch):
    """They come last: none of them is taken for a module of Python."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    for name in ("helper_of_mine", "textwrap"):
        (tmp_path / f"{name}.py").write_text("NUMBER = 7\n")
    (tmp_path / "mine.py").write_text("import textwrap\nfrom helper_of_mine import NUMBER\n")
    module = load_module("mine.py")
    assert module.NUMBER == 7 and hasattr(module.textwrap, "dedent")


def test_annotations_that_are_text_and_a_dataclass(tmp_path):
    strategy = strategy_in(tmp_path)
    assert validate_options(strategy, {"step": "3"}) == ({"step": 3, "untyped": None}, [])
    assert validate_options(strategy, {"step": "x"})[1]
    problem = Problem()
    assert problem.select(strategy, 5).index.tolist() == problem.unlabelled[::2][:5].tolist()


def test_an_option_of_a_type_that_is_not_there(tmp_path):
    (tmp_path / "mine.py").write_text(MODERN.replace("step: int = {step}", "step: Query = 2"))
    problems = validate_options(find_strategy(f"{tmp_path / 'mine.py'}:stepped"), {})[1]
    assert problems == [
        "the type of an option of stepped is not known when it runs (name 'Query' is not defined)"
    ]


def test_an_option_of_a_type_that_no_configuration_has(tmp_path):
    text = MODERN.replace("step: int = {step}", "step: numpy.ndarray = 2")
    (tmp_path / "mine.py").write_text(text.replace("from dataclasses", "import numpy\nfrom dataclasses", 1))
    (problem,) = validate_options(find_strategy(f"{tmp_path / 'mine.py'}:stepped"), {})[1]
    assert problem.startswith("the type of an option of stepped cannot be written in a configuration (")
    assert "ndarray" in problem and "model_config" not in problem
    assert problem.endswith("declare int, float, bool, str or a list of these")


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("def stepped()", "the first parameter of stepped must be the query"),
        ("def stepped(*, query)", "the first parameter of stepped must be the query"),
        ("def stepped(**all)", "the first parameter of stepped must be the query"),
        ("def stepped(query, step)", r"options come after a \*: stepped\(query, \*, step\)"),
        ("def stepped(query, step=1, *, size=2)", r"options come after a \*: stepped\(query, \*, step\)"),
        ("def stepped(query, *, name=1)", "an option cannot be called 'name', a key that each strategy has"),
        ("def stepped(query, *, strategy=1)", "an option cannot be called 'strategy', a key"),
        ("async def stepped(query)", "stepped must return a Selection: no async, no yield"),
    ],
)
def test_a_function_that_cannot_be_a_strategy_is_reported_with_the_configuration(tmp_path, definition, words):
    text = (
        f"from activepool.strategies.declaration import strategy\n@strategy(source='x')\n{definition}: ...\n"
    )
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=words):
        find_strategy(f"{tmp_path / 'mine.py'}:stepped")


@pytest.mark.parametrize("definition", ["query", "query, **any", "query, *more", "*all"])
def test_other_functions_can_be_strategies(tmp_path, definition):
    header = "from activepool.strategies.declaration import strategy\n@strategy(source='x')\n"
    (tmp_path / "mine.py").write_text(f"{header}def stepped({definition}): ...\n")
    assert validate_options(find_strategy(f"{tmp_path / 'mine.py'}:stepped"), {}) == ({}, [])


def test_two_files_of_one_name_are_two_modules(tmp_path):
    first, second = (strategy_in(tmp_path / folder, step=step) for folder, step in (("a", 2), ("b", 3)))
    modules = [sys.modules[strategy.select.__module__] for strategy in (first, second)]
    assert modules[0].Plan is not modules[1].Plan
    assert [strategy.options["step"].default for strategy in (first, second)] == [2, 3]
    for module in modules:
        assert pickle.loads(pickle.dumps(module.Plan(7))) == module.Plan(7)


@pytest.mark.parametrize("name", ["random.py", "numpy.py", "activepool.py", "two words.py", "a.b.py"])
def test_a_file_hides_no_module_of_its_name(tmp_path, name):
    before = {
        module_name: sys.modules.get(module_name) for module_name in ("random", "numpy", "activepool", "a")
    }
    assert strategy_in(tmp_path, name).name == "stepped"
    assert {module_name: sys.modules.get(module_name) for module_name in before} == before


def test_an_edited_file_is_read_again(tmp_path):
    assert strategy_in(tmp_path, step=2).options["step"].default == 2
    assert strategy_in(tmp_path, step=5).options["step"].default == 5


def test_a_module_that_fails_is_not_left_behind(tmp_path):
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(InputError, match=r"cannot import .*broken\.py \(ModuleNotFoundError"):
        find_strategy(f"{tmp_path / 'broken.py'}:any")
    assert not [name for name in sys.modules if name.startswith("broken_")]


def test_an_error_in_an_import_names_the_line_of_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zero.py").write_text("import json\n\n\ndef half(x):\n    return x / 0\n\n\nhalf(1)\n")
    with pytest.raises(InputError) as refused:
        find_strategy("zero.py:any")
    problem = "cannot import zero.py (ZeroDivisionError: division by zero, in zero.py:5)"
    assert str(refused.value) == f"strategy 'zero.py:any': {problem}"


def test_what_a_file_defines_reaches_forked_processes(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Half:\n    whole: float\n\n\n"
        "def halved(one):\n    return Half(one.whole / 2)\n"
    )
    module = load_module(str(tmp_path / "mine.py"))
    with multiprocessing.get_context("fork").Pool(1) as pool:
        halves = pool.map(module.halved, [module.Half(3.0), module.Half(5.0)])
        # The signal that would end it may have a handler of this process, such as Snakemake's.
        pool.close()
        pool.join()
    assert np.allclose([half.whole for half in halves], [1.5, 2.5])


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ('reads=("nearest",)', r'add scores=\("boundary",\)'),
        (
            'scores=("margn",)',
            "mine.py:stepped': stepped cannot read the score 'margn'; did you mean 'margin'.$",
        ),
        (
            'reads=("featres", "hed"), scores=("margn",)',
            "cannot read 'featres'; did you mean 'features'.; stepped cannot read 'hed'; .*"
            "stepped cannot read the score 'margn'; did you mean 'margin'",
        ),
        ('scores=("colours",)', "stepped cannot read the score 'colours'; there are confidence, margin"),
        ('scores=["margn"]', "cannot read the score 'margn'; did you mean 'margin'"),
        ('scores="margin"', r'stepped: scores is a tuple of names, such as scores=\("margin",\)$'),
        ("scores=3", r'scores is a tuple of names, such as scores=\("name",\)$'),
        ('reads="head"', r'stepped: reads is a tuple of names, such as reads=\("head",\)$'),
        ('reads=("margin",)', r"cannot read 'margin'; it is a score: scores=\(\"margin\",\)$"),
        ('scores=("features",)', r"the score 'features'; it is not a score: reads=\(\"features\",\)$"),
        ('reads=("heads",)', "stepped cannot read 'heads'; did you mean 'head'.$"),
    ],
)
def test_a_declaration_of_something_unknown_is_reported(tmp_path, declared, words):
    text = MODERN.replace("{step}", "1").replace('source="here"', f'source="here", {declared}')
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=words):
        find_strategy(f"{tmp_path / 'mine.py'}:stepped")


def test_names_in_lists_are_as_good_as_in_tuples(tmp_path):
    text = MODERN.replace("{step}", "1").replace('source="here"', 'source="here", scores=["margin"]')
    (tmp_path / "mine.py").write_text(text)
    strategy = find_strategy(f"{tmp_path / 'mine.py'}:stepped")
    assert strategy.scores == ("margin",)
    assert isinstance(hash(strategy), int)


def test_what_is_read_with_an_option_is_checked_with_the_option(tmp_path):
    reads = 'reads=lambda step: ("featurs",) if step == 2 else ()'
    (tmp_path / "mine.py").write_text(
        MODERN.replace("{step}", "1").replace('source="here"', f'source="here", {reads}')
    )
    name = f"{tmp_path / 'mine.py'}:stepped"
    assert validate_options(find_strategy(name), {"step": 1})[1] == []
    (problem,) = validate_options(find_strategy(name), {"step": 2})[1]
    assert problem == "stepped cannot read 'featurs'; did you mean 'features'?"


def test_lists_of_the_nearest_leave_all_declared_scores_filled(tmp_path):
    """A strategy that reads a margin beside the lists got memory that nobody had written."""
    text = MODERN.replace("{step}", "1").replace(
        'source="here"', 'source="here", scores=("margin", "boundary"), reads=("nearest",)'
    )
    (tmp_path / "mine.py").write_text(text)
    problem = Problem()
    scores = problem.query(find_strategy(f"{tmp_path / 'mine.py'}:stepped"), 5).scores
    expected = problem.query(find_strategy("margin"), 5).scores
    assert np.array_equal(scores["margin"], expected["margin"])


def test_a_file_that_exits_the_program_is_reported(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("raise SystemExit(3)\n", encoding="utf-8")
    with pytest.raises(InputError, match="the file ends the program when it is imported"):
        find_strategy(f"{path}:mine")


def test_the_last_line_of_a_users_file_that_an_error_passed_through(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import json\n\ndef read(text):\n    return json.loads(text)\n")
    monkeypatch.chdir(tmp_path)
    read = load_module("mine.py").read
    with pytest.raises(ValueError) as raised:
        read("[")
    assert user_line(raised.value) == "mine.py:4"
    monkeypatch.chdir("/")
    assert user_line(raised.value) == f"{tmp_path}/mine.py:4"


def test_an_error_of_the_library_itself_has_no_such_line():
    with pytest.raises(InputError) as raised:
        find_strategy("mine.py:missing")
    assert user_line(raised.value) is None
