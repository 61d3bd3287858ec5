"""Errors in the text of a configuration file that do not show after YAML has read it."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from activepool.errors import InputError
from activepool.io.files import read_text

#: Numbers that YAML reads in base 8 (with a leading 0) or in base 60 (with colons).
OCTAL = re.compile(r"[-+]?0[0-7_]+")
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def unreadable(path: str | Path) -> str | None:
    """Return why the text of a YAML file is unusable; None if it is usable."""
    try:
        text = read_text(path)
        problem = _circle(yaml.compose(text, Loader=yaml.SafeLoader), "", set(), set())
        yaml.load(text, Loader=yaml.SafeLoader)
    except InputError as error:
        problem = str(error).removeprefix(f"{path}: ")
    except FileNotFoundError:
        problem = "does not exist here; start in its folder, or name another file with --configfile"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except yaml.MarkedYAMLError as error:
        hint = "; indent with blanks" if "'\\t'" in str(error.problem) else ""
        problem = f"line {error.problem_mark.line + 1}: {str(error.problem).removeprefix('but ')}{hint}"
    except RecursionError:
        problem = "its sections are nested too deeply"
    except (yaml.YAMLError, ValueError) as error:
        problem = f"cannot be read as YAML ({' '.join(str(error).split())})"
    return problem


def hidden_by_yaml(path: str | Path) -> Iterator[str]:
    """Yield a line for each error in a YAML file that YAML accepts without a message.

    These are repeated keys, where YAML uses the last one, and numbers that YAML reads in another base.
    """
    if unreadable(path) is None:
        yield from _hidden_under(yaml.compose(read_text(path), Loader=yaml.SafeLoader), "", set())


def _circle(node: yaml.Node | None, key: str, enclosing: set[int], checked: set[int]) -> str | None:
    """Return where an alias names a section ``enclosing`` it; ``checked`` sections have no such alias."""
    if node is not None and id(node) in enclosing:
        return f"{key[:-1]}: line {node.start_mark.line + 1}: an alias names a section that contains it"
    problem = None
    if id(node) not in checked:
        for inner, part in _parts(node, key):
            problem = problem or _circle(part, inner, enclosing | {id(node)}, checked)
        checked.add(id(node))
    return problem


def _hidden_under(node: yaml.Node | None, key: str, earlier: set[int]) -> Iterator[str]:
    """Yield the lines of a part of the file; ``earlier`` are earlier parts, which an alias may repeat."""
    if isinstance(node, yaml.ScalarNode):
        yield from _misread_number(node, key[:-1])
    elif id(node) not in earlier:
        earlier.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield from _repeated_keys(node, key)
        for inner, part in _parts(node, key):
            yield from _hidden_under(part, inner, earlier)


def _parts(node: yaml.Node | None, key: str) -> list[tuple[str, yaml.Node]]:
    """Return the parts of a section or list, each with its dotted key and a final dot."""
    if isinstance(node, yaml.SequenceNode):
        return [(f"{key}{number}.", part) for number, part in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return [(f"{key}{name.value}.", part) for name, part in node.value]
    return []


def _repeated_keys(node: yaml.MappingNode, key: str) -> Iterator[str]:
    first: dict[str, int] = {}
    for name, _ in node.value:
        line, text = name.start_mark.line + 1, str(name.value)
        if text in first:
            yield f"{key}{text}: is given twice, in lines {first[text]} and {line}; give it once"
        first[text] = line


def _misread_number(node: yaml.ScalarNode, key: str) -> Iterator[str]:
    if node.style is not None or not node.tag.endswith((":int", ":float")):
        return
    if OCTAL.fullmatch(node.value) and abs(int(node.value.replace("_", ""))) > 7:
        value, hint = int(node.value.replace("_", ""), 8), "in which a leading 0 means base 8"
    elif SEXAGESIMAL.fullmatch(node.value):
        value, hint = yaml.safe_load(node.value), "in which colons mean base 60"
    else:
        return
    yield f"{key}: {node.value} is {value} in YAML, {hint}; write the number in base 10"
