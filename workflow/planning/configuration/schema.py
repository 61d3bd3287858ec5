"""The JSON schema of configuration files: every key with its meaning, type, bounds and default.

Editors check a file against it, and docs/configuration.md is made from it. It follows from the typed
definitions of an experiment and a project, from the options of the strategies, and from docstrings.
"""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from activepool.api.options import options_model
from activepool.pretraining.settings import DEFAULT_METHOD, METHODS, OPTIMIZER_DEFAULTS
from activepool.programs.docstrings import documented_arguments, documented_attributes, summary
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import builtin_strategies
from activepool.strategies.wrapping import wrapped_options
from planning.configuration.experiment import Experiment
from planning.configuration.messages import is_model, members
from planning.configuration.project import Project
from planning.configuration.scaling import STAND_INS
from planning.configuration.sections import StrategySettings

Schema = dict[str, Any]

#: Keys of an experiment that `planning.configuration.scaling` replaces before it is checked.
SMALL_VERSIONS: Schema = {
    "scale": {
        "description": "the share of the pool, the budget and the epochs that is used, to try an experiment.",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "default": 1,
    },
    "stand_in": {
        "description": "what replaces the data and the backbone, to try an experiment without its data.",
        "anyOf": [{"enum": list(STAND_INS)}, {"type": "null"}],
        "default": None,
    },
}


def configuration_schema() -> Schema:
    """Return the schema of a configuration: that of a project if it has the key ``project``."""
    _, schema = models_json_schema([(Experiment, "validation"), (Project, "validation")])
    definitions: Schema = schema["$defs"]
    for model in {*_models(Experiment), *_models(Project)}:
        _describe(definitions[model.__name__], model)
    definitions["Experiment"]["properties"] |= SMALL_VERSIONS
    for method, model in METHODS.items():
        _mark_defaults(definitions[model.__name__], method)
    definitions |= _strategies(definitions["StrategySettings"]["properties"]["name"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of activepool",
        "type": "object",
        "if": {"required": ["project"]},
        "then": {"$ref": "#/$defs/Project"},
        "else": {"$ref": "#/$defs/Experiment"},
        "$defs": definitions,
    }


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections that a type contains, at any depth."""
    for member in members(annotation):
        if is_model(member):
            yield member
        inner = [field.annotation for field in member.model_fields.values()] if is_model(member) else []
        for part in inner or get_args(member):
            yield from _models(part)


def _describe(definition: Schema, model: type[BaseModel]) -> None:
    """Take the descriptions of a section and its keys from docstrings."""
    definition["description"] = summary(model)
    for name, description in documented_attributes(model).items():
        definition["properties"].get(name, {}).setdefault("description", description)


def _mark_defaults(definition: Schema, method: str) -> None:
    """Describe the defaults that are set before `PretrainSettings` are checked: method and optimizer."""
    of_optimizer = {name for defaults in OPTIMIZER_DEFAULTS.values() for name in defaults}
    for name in of_optimizer:
        definition["properties"][name]["description"] += " By default the optimizer's."
    required = [name for name in definition["required"] if name not in of_optimizer]
    definition["required"] = required if method == DEFAULT_METHOD else [*required, "method"]


def _strategies(folder_name: Schema) -> Schema:
    """Return the definitions of the strategies, which may be within others, and of each strategy."""
    builtin = builtin_strategies()
    users_function = {"type": "string", "pattern": r":", "description": "file.py:function"}
    names = {"anyOf": [{"enum": list(builtin)}, users_function]}
    mapping = {"type": "object", "required": ["strategy"], "properties": {"strategy": names}}
    choices = [
        {"if": {"properties": {"strategy": {"const": name}}}, "then": {"$ref": f"#/$defs/strategy.{name}"}}
        for name in builtin
    ]
    entry = {"anyOf": [names, {**mapping, "allOf": choices}]}
    description = summary(StrategySettings)
    return {
        "StrategySettings": {"description": description, **entry},
        **{f"strategy.{name}": _strategy(declared, folder_name) for name, declared in builtin.items()},
    }


def _strategy(strategy: Strategy, folder_name: Schema) -> Schema:
    schema = options_model(strategy).model_json_schema()
    options = schema["properties"]
    entry = {"$ref": "#/$defs/StrategySettings"}
    for name, is_list in wrapped_options(strategy).items():
        options[name] = {"type": "array", "items": entry, "minItems": 1} if is_list else dict(entry)
    for name, description in documented_arguments(strategy.select).items():
        options.get(name, {})["description"] = description
    schema["description"] = strategy.summary
    schema["properties"] = {"strategy": {"const": strategy.name}, "name": folder_name, **options}
    return schema
