"""The names of a pool's images and vectors, which the ledger must be able to hold."""

from collections.abc import Iterable

from activepool.errors import InputError, first_lines
from activepool.ledger.entries import has_control, misfit_of


def require_ledger_names(place: object, names: Iterable[str], noun: str) -> None:
    """Raise InputError with a line for each name, of a file or a row at ``place``, that no entry can hold."""
    problems = filter(None, (name_problem(name, noun) for name in names))
    if lines := [f"{place}: {problem}" for problem in dict.fromkeys(problems)]:
        raise InputError(*first_lines(lines, place))


def name_problem(name: str, noun: str) -> str | None:
    """Return why no entry can hold a name, and what to rename; None if one can.

    Of a file that is the folder, if its name is the reason; all files in it have the same problem then.
    """
    misfit = misfit_of(name)
    if misfit is None:
        return None
    if noun == "file" and (folder := _misfit_folder(name)):
        misfit, noun = misfit_of(folder) or misfit, "folder"
    return f"the name {misfit.problem}; rename the {noun}"


def _misfit_folder(path: str) -> str:
    """Return the first folder of a path with a control character, or a blank at the path's beginning."""
    *folders, _ = path.split("/")
    for number, folder in enumerate(folders):
        if has_control(folder) or (number == 0 and folder != folder.lstrip()):
            return "/".join(folders[: number + 1])
    return ""
