"""Write the page of all keys and the schema for editors: `python docs/configuration.py`."""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from planning.configuration.schema import configuration_schema  # noqa: E402

PAGE, SCHEMA = ROOT / "docs" / "configuration.md", ROOT / "docs" / "configuration.schema.json"

HEAD = """\
# All keys of a configuration

A file with the key `project` configures a [labelling project](labelling.md), any other an experiment. Paths
are relative to the folder in which Snakemake runs. `--config 'initial={kind: kmeans}' budget=50` overrides
keys of the file for one run; a section keeps its other keys, such as `initial.size`. `null` takes a key
of the file back: `--config 'pretrain={precision: null}'`.

Editors that know YAML schemas (VS Code with its YAML extension, PyCharm, Neovim) complete and check the keys
of a file that names [the schema](configuration.schema.json) in its first line:

    # yaml-language-server: $schema=../activepool/docs/configuration.schema.json

`python docs/configuration.py` makes this page and the schema from the types that check a configuration.
"""

#: The sections of the page: heading, and the definitions whose keys it lists.
SECTIONS = {
    "The keys of an experiment": ("Experiment",),
    "`dataset`": (
        "Digits",
        "Cifar",
        "ImageNet",
        "ImageNetLT",
        "Folder",
        "Manifest",
        "WebDataset",
        "HuggingFace",
        "Embeddings",
    ),
    "`dataset.imbalance`": ("Imbalance",),
    "`backbone`": ("Backbone",),
    "`backbone.keys`": ("CheckpointFormat",),
    "`pretrain`": ("SimclrSettings", "MocoSettings"),
    "`features`": ("ExtractSettings",),
    "`validation`": ("Validation",),
    "`initial`": ("Initial",),
    "`head`": ("LbfgsSettings", "SgdSettings", "FinetuneSettings"),
    "`figures`": ("Figures",),
    "The keys of a labelling project": ("Project",),
    "`embeddings`": ("EmbeddingFile",),
    "`label_studio`": ("LabelStudio",),
}

#: The keys that say which kind of a section it is.
TAGS = ("kind", "method", "solver")

TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "`true`, `false`",
    "object": "a mapping",
}
BOUNDS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
    "multipleOf": "a multiple of",
}

#: What the page calls the values of some definitions.
NAMES = {"StrategySettings": "a strategy"}


def page(schema: dict[str, Any]) -> str:
    """Return the page of a schema."""
    definitions = schema["$defs"]
    parts = [HEAD]
    for heading, names in SECTIONS.items():
        parts.append(f"## {heading}\n")
        kinds = [definitions[name] for name in names]
        parts += [section(kinds[0])] if len(kinds) == 1 else sections(kinds)
    parts.append("## Options of the strategies\n")
    parts.append("Strategies that are not listed have no options. `name` is the folder and curve of each.\n")
    for name, definition in definitions.items():
        if name.startswith("strategy.") and len(definition["properties"]) > 2:
            parts.append(f"### `{name.removeprefix('strategy.')}`\n")
            options = {name: definition["properties"][name] for name in list(definition["properties"])[2:]}
            parts.append(section(definition | {"properties": options}))
    return "\n".join(parts)


def tag(definition: dict[str, Any]) -> str:
    """Return the heading of one kind of a section, such as `kind: folder`."""
    name = next(name for name in TAGS if name in definition["properties"])
    found = definition["properties"][name]
    return " or ".join(f"`{name}: {value}`" for value in found.get("enum", [found.get("const")]))


def sections(kinds: list[dict[str, Any]]) -> list[str]:
    """Return the table of the keys that all kinds of a section share, and a section for each kind.

    The first is the default, if there is one.
    """
    properties = [kind["properties"] for kind in kinds]
    shared = {
        name: key for name, key in properties[0].items() if all(key == one.get(name) for one in properties)
    }
    required = set.intersection(*(set(kind.get("required", ())) for kind in kinds))
    common = {"description": "Keys of every kind:", "properties": shared, "required": required}
    parts = [section(common)]
    for kind in kinds:
        own = {name: key for name, key in kind["properties"].items() if name not in (*shared, *TAGS)}
        is_default = kind is kinds[0] and any("default" in kind["properties"].get(name, ()) for name in TAGS)
        parts += [f"### {tag(kind)}{', the default' * is_default}\n", section(kind | {"properties": own})]
    return parts


def section(definition: dict[str, Any]) -> str:
    """Return a section's description and the table of its keys."""
    required = definition.get("required", ())
    rows = [
        f"| `{name}` | {plain(key.get('description', ''))} | {values(key)} | "
        f"{default(key, name in required)} |\n"
        for name, key in definition["properties"].items()
    ]
    table = "| key | meaning | values | default |\n|---|---|---|---|\n" + "".join(rows) if rows else ""
    return f"{plain(definition['description'])}\n\n{table}"


def plain(text: str) -> str:
    """Return the text of a docstring in Markdown, on one line for each paragraph."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.replace("``", "`").split("\n\n")]
    return "\n\n".join(paragraphs).replace("|", "\\|")


def values(key: dict[str, Any]) -> str:
    """Return the values that a key takes."""
    if "$ref" in key:
        return NAMES.get(key["$ref"].rpartition("/")[2], "a section")
    for union in ("anyOf", "oneOf"):
        if union in key:
            options = [values(option) for option in key[union] if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(options))
    if "const" in key:
        return f"`{key['const']}`"
    if "enum" in key:
        return ", ".join(f"`{value}`" for value in key["enum"])
    if key["type"] == "array":
        return f"a list: {values(key['items'])}"
    return TYPES[key["type"]] + bounds(key)


def bounds(key: dict[str, Any]) -> str:
    """Return the bounds of a number; "" without."""
    found = [
        f"{sign} {key[bound]:,}"
        for bound, sign in BOUNDS.items()
        if bound in key and key[bound] < 10**12  # the largest count is no bound that anybody meets
    ]
    return f" {', '.join(found)}" if found else ""


def default(key: dict[str, Any], required: bool) -> str:
    """Return the default of a key."""
    if required:
        return "required"
    value = key.get("default")
    if isinstance(value, dict):
        value = value.get("strategy")
    if value is None:
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`".replace('"', "")


if __name__ == "__main__":
    found = configuration_schema()
    PAGE.write_text(page(found), encoding="utf-8")
    SCHEMA.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
