"""Keys that a configuration file gives twice, of which YAML takes the last without a word."""

from collections.abc import Iterator
from pathlib import Path

import yaml


def repeated_keys(path: str | Path) -> Iterator[str]:
    """Yield a line for each key that stands twice in one section of a YAML file that can be read."""
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return
    yield from _repeated_under(root, "", set())


def _repeated_under(node: yaml.Node | None, key: str, seen: set[int]) -> Iterator[str]:
    """Yield the lines of a part of the file; ``seen`` are the parts before, which an alias may name again."""
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        parts = [(f"{key}{number}.", one) for number, one in enumerate(node.value)]
    else:
        first: dict[str, int] = {}
        for name, _ in node.value:
            line, before = name.start_mark.line + 1, first.get(name.value)
            if before is not None:
                yield f"{key}{name.value}: is given twice, in lines {before} and {line}; give it once"
            first[name.value] = line
        parts = [(f"{key}{name.value}.", one) for name, one in node.value]
    for inner, one in parts:
        yield from _repeated_under(one, inner, seen)
