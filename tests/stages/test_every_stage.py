"""What holds for every stage: it gets these tests by being in the package."""

import importlib
import pkgutil

import pytest

import activepool.stages
from activepool.programs.stage import Role, Stage

NAMES = [info.name for info in pkgutil.iter_modules(activepool.stages.__path__)]

every_stage = pytest.mark.parametrize("name", NAMES)


def stages_of(name):
    module = importlib.import_module(f"activepool.stages.{name}")
    return {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, Stage) and value.function.__module__ == module.__name__
    }


@every_stage
def test_a_module_has_one_stage_of_its_name(name):
    assert list(stages_of(name)) == [name]
    assert stages_of(name)[name].name == name
    assert stages_of(name)[name].module == f"activepool.stages.{name}"


@every_stage
def test_each_file_and_setting_is_documented(name):
    stage = stages_of(name)[name]
    files = stage.of_role(Role.INPUT, Role.OUTPUT, Role.FOLDER)
    assert [parameter.name for parameter in (*files, *stage.settings) if not parameter.help] == []


@every_stage
def test_nothing_else_is_documented(name):
    stage = stages_of(name)[name]
    section = stage.__doc__.partition("Args:\n")[2].partition("\n\n")[0]
    named = [line.strip().partition(":")[0] for line in section.splitlines() if line[:9].strip()]
    assert set(named) == {parameter.name for parameter in stage.parameters if parameter.help}


@every_stage
def test_help_says_what_the_stage_does_and_what_it_takes(name, capsys):
    stage = stages_of(name)[name]
    with pytest.raises(SystemExit) as ended:
        stage.run(["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert stage.description.partition("\n")[0] in text
    for parameter in stage.parameters:
        if parameter.help:
            assert f"{parameter.flag} " in text
