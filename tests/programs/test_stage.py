"""What the declaration of a stage says of its parameters and of itself."""

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.programs.command_line import CommandLine
from activepool.programs.stage import (
    Count,
    Device,
    Folder,
    Input,
    Json,
    Natural,
    Output,
    Role,
    Text,
    Workers,
    stage,
)

RECIPE = Json(lambda content: content)


@stage
def example(
    table: Input,
    pieces: list[Input],
    result: Output,
    logs: Folder,
    size: Count,
    kind: Literal["fast", "exact"],
    recipe: Annotated[Mapping[str, Any], RECIPE],
    half_open: float,
    extra: Input | None = None,
    pictures: Sequence[Output] = (),
    seed: Natural | None = 7,
    names: Sequence[str] = (),
    options: Mapping[str, Any] = {},
    note: str | None = None,
    shard: Shard = Shard(),
    compute: Compute = Compute(),
) -> int:
    """Make an example of a table.

    It has every kind of parameter.

    Args:
        table: CSV to read
        pieces: more of it: in any order,
            and in any number
        result: 100 % of it
        size: rows

    Returns: its size.
    """
    return size


PARAMETERS = {parameter.name: parameter for parameter in example.parameters}


def test_types_say_what_parameters_are():
    assert {name: parameter.role for name, parameter in PARAMETERS.items() if not is_setting(parameter)} == {
        **{"table": Role.INPUT, "pieces": Role.INPUT, "extra": Role.INPUT},
        **{"result": Role.OUTPUT, "pictures": Role.OUTPUT, "logs": Role.FOLDER},
        **{"shard": Role.SHARD, "compute": Role.COMPUTE},
    }
    names = ["size", "kind", "recipe", "half_open", "seed", "names", "options", "note"]
    assert [parameter.name for parameter in example.settings] == names


def test_device_and_workers_may_stand_alone():
    @stage
    def alone(device: Device = "auto", workers: Workers = 1) -> None:
        """Do nothing."""

    assert [parameter.role for parameter in alone.parameters] == [Role.DEVICE, Role.WORKERS]
    assert not alone.settings


def is_setting(parameter):
    return parameter.role is Role.SETTING


def test_parameters_of_some_roles_stand_in_their_order():
    parameters = example.of_role(Role.OUTPUT, Role.INPUT)
    assert [parameter.name for parameter in parameters] == ["table", "pieces", "result", "extra", "pictures"]


def test_what_has_no_default_is_required():
    required = {name for name, parameter in PARAMETERS.items() if parameter.is_required}
    assert required == {"table", "pieces", "result", "logs", "size", "kind", "recipe", "half_open"}
    assert PARAMETERS["seed"].default == 7
    assert PARAMETERS["extra"].default is None


def test_lists_are_lists_of_their_items():
    assert {name for name, parameter in PARAMETERS.items() if parameter.is_list} == {
        *("pieces", "pictures", "names")
    }
    assert PARAMETERS["pieces"].kind is PARAMETERS["names"].kind is str


def test_none_in_a_type_changes_neither_its_kind_nor_how_it_is_read():
    assert (PARAMETERS["extra"].kind, PARAMETERS["note"].kind, PARAMETERS["seed"].kind) == (str, str, int)
    assert isinstance(PARAMETERS["seed"].reading, Text)
    assert PARAMETERS["note"].reading is None


def test_how_settings_are_read():
    assert PARAMETERS["recipe"].reading is RECIPE
    assert [PARAMETERS["size"].reading.convert("3"), PARAMETERS["seed"].reading.convert("0")] == [3, 0]
    assert PARAMETERS["kind"].kind == Literal["fast", "exact"]
    assert PARAMETERS["half_open"].kind is float


def test_options_are_named_after_the_parameters():
    assert PARAMETERS["half_open"].flag == "--half-open"
    assert PARAMETERS["table"].flag == "--table"


def test_help_is_what_the_docstring_says():
    assert PARAMETERS["table"].help == "CSV to read"
    assert PARAMETERS["pieces"].help == "more of it: in any order, and in any number"
    assert PARAMETERS["size"].help == "rows"
    assert PARAMETERS["note"].help == ""
    text = " ".join(CommandLine(example).format_help().split())
    assert "more of it: in any order, and in any number" in text
    assert "--result RESULT 100 % of it" in text
    assert "Make an example of a table. It has every kind of parameter." in text


@pytest.mark.parametrize(
    "section", ["Args:\n        size: rows", "Returns: its size.", "Raises: InputError."]
)
def test_the_description_is_the_docstring_without_its_sections(section):
    def described(size: Count) -> None:
        pass

    described.__doc__ = f"""Make it.

    In two paragraphs.

    {section}
    """
    assert stage(described).description.rstrip() == "Make it.\n\nIn two paragraphs."
    assert example.description == "Make an example of a table.\n\nIt has every kind of parameter."


def test_a_stage_without_a_docstring_has_no_description():
    @stage
    def silent(size: Count) -> None:
        pass

    assert silent.description == ""
    assert [parameter.help for parameter in silent.parameters] == [""]


def test_calling_a_stage_calls_its_function():
    arguments = {"table": "t", "pieces": [], "result": "r", "logs": "l", "kind": "fast", "recipe": {}}
    assert example(**arguments, size=3, half_open=0.5) == 3
    assert inspect.getdoc(example).startswith("Make an example of a table.")


def test_a_stage_knows_its_name_module_and_file():
    assert example.name == "example"
    assert example.module.rpartition(".")[2] == "test_stage"
    assert example.file == Path(__file__)


def test_processes_are_offered_by_a_stage_that_says_so():
    @stage(in_processes=True)
    def together(result: Output) -> None:
        """Work together."""

    assert together.in_processes and not example.in_processes
    assert CommandLine(together).parse_args(["--result", "r", "--processes", "2"]).processes == 2
    assert "--processes" not in CommandLine(example).format_help()
