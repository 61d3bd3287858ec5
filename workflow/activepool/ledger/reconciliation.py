"""A ledger compared with its copy: lost entries come back, and changed ones are reported.

Every entry is in the ledger, which people may edit, and in a copy, which they leave alone. Each completes the
other. An entry that differs is a mistake, for nobody can tell a correction from a slip.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.errors import MAX_NAMES
from activepool.ledger.entries import FIELDS, Entry, History
from activepool.ledger.hand_edits import corrections, problems_by_hand
from activepool.ledger.table import Line, Table, check_of, last_check, table_text

#: What puts a defect right; `check` does not.
MENDING = "a run, or `repair`,"


@dataclass
class Reconciled:
    """What a ledger holds.

    Attributes:
        entries: all of them, in the order of their numbers.
        added: lines that were added by hand, with the numbers of their entries.
        changed: lines that say something else than the copy.
        problems: the line of each other mistake, and what is wrong.
        notices: what else a person should know.
        copied: how many entries the copy has.
        lost: the numbers of those that are not in the file.
        tail: the end of the file, if it is no whole entry.
    """

    entries: list[Entry] = field(default_factory=list)
    added: list[Line] = field(default_factory=list)
    changed: list[tuple[Line, Entry]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    copied: int = 0
    lost: list[int] = field(default_factory=list)
    tail: bytes = b""
    is_copy_damaged: bool = False

    def messages(self, path: Path) -> list[str]:
        """Return a line for each mistake and each defect, and what to do about changed entries."""
        refused = corrections(self.changed, self.entries)[1]
        found = sorted([*self.problems, *_changes(self.changed), *refused])
        lines = shortened([f"{path}:{number}: {text}" for number, text in found])
        if self.changed:
            lines.append(
                f"{path}: entries are never changed, for the batches after them rest on them; have your "
                "changes entered as corrections: "
                f"python -m activepool.ledger repair {shlex.quote(str(path))} --edits correct "
                "(--edits undo drops them)"
            )
        return [*lines, *self.defects(path)]

    def defects(self, path: Path, is_mended: bool = False) -> list[str]:
        """Return a line for each defect of the files, which a run mends, or which ``is_mended`` by now."""
        found = []
        if self.is_copy_damaged:
            what = f"its copy is damaged after entry {self.copied}; "
            found.append((f"{what}{MENDING} restores it from the file", f"{what}restored from the file"))
        if self.tail:
            whole = table_text(self.entries[: self.copied]).encode().split(b"\n")
            is_known = any(line.startswith(self.tail) for line in whole)
            what = f"its last line was cut short{'' if is_known else ', and is no entry'}; "
            puts, put = ("puts", "put") if is_known else ("keeps", "kept")
            where = "back from the copy" if is_known else "beside the copy"
            found.append((f"{what}{MENDING} {puts} it {where}", f"{what}{put} {where}"))
        if self.lost:
            lost, it = _listed(self.lost), "it" if len(self.lost) == 1 else "them"
            pending = f"lacks {lost}, and its copy has {it}; {MENDING} puts {it} back"
            were = "was" if len(self.lost) == 1 else "were"
            found.append((pending, f"{lost} {were} not in the file; put back from the copy"))
        return [f"{path}: {mended if is_mended else pending}" for pending, mended in found]


def reconcile(table: Table, kept: Table | None) -> Reconciled:
    """Return what a ledger holds by its own text and that of its copy, None if there is no copy."""
    copied, intact = _intact(kept)
    result = Reconciled(list(copied), copied=len(copied), tail=table.tail, is_copy_damaged=not intact)
    own = {line.entry.number: line for line in table.lines}
    by_check = {line.check: line for line in table.lines if line.check}
    clashing = []
    for number, entry in enumerate(copied):
        line = own.pop(entry.number, None)
        if line is None and kept and (moved := by_check.get(kept.lines[number].check)):
            own.pop(moved.entry.number, None)
            result.changed.append((moved, entry))
        elif line is None:
            result.lost.append(entry.number)
        elif line.entry != entry and line.check:
            result.changed.append((line, entry))
        elif line.entry != entry:  # added by hand while the program entered another
            result.lost.append(entry.number)
            clashing.append(line)
    result.problems += table.problems
    _add_new(result, list(own.values()), clashing)
    return result


def _intact(kept: Table | None) -> tuple[list[Entry], bool]:
    """Return the entries of a copy up to where it is damaged, and whether it is whole."""
    if kept is None:
        return [], True
    entries: list[Entry] = []
    before = ""
    for line in kept.lines:
        if line.entry.number != len(entries) + 1 or line.check != check_of(line.entry, before):
            return entries, False
        entries.append(line.entry)
        before = line.check
    return entries, not (kept.tail or kept.problems)


def _add_new(result: Reconciled, own: list[Line], clashing: list[Line]) -> None:
    """Add the entries that the copy does not have, and what is wrong with them.

    The program's lines have a check, those of people have none. Lines whose number another entry has by now,
    ``clashing``, get the next one.
    """
    renumbered = {line.line for line in clashing}
    history = History.from_entries(result.entries)
    before: str | None = last_check(result.entries)
    expected = len(result.entries) + 1
    has_gaps = bool(result.problems)  # a line with a problem is missing here
    for line in [*own, *clashing]:
        entry = replace(line.entry, number=expected) if line.line in renumbered else line.entry
        problems = list(history.problems(entry))
        if entry.number != expected:
            if not has_gaps:
                problems.append(_gap(expected, entry.number, line.check))
            before, has_gaps = None, True
        check = "" if before is None else check_of(entry, before)
        if check and line.check not in ("", check):
            problems.append(_misfit(entry.number, line.check, check))
        if not line.check:
            problems += problems_by_hand(entry, history)
            result.added.append(replace(line, entry=entry))
        result.problems += [(line.line, problem) for problem in problems]
        result.entries.append(entry)
        history.add(entry)
        before, expected = line.check or check or None, entry.number + 1
    if result.added:
        were = "was" if len(result.added) == 1 else "were"
        result.notices.append(f"{_listed([line.entry.number for line in result.added])} {were} added by hand")


def _misfit(number: int, given: str, check: str) -> str:
    return (
        f"entry {number} was changed after it was written: its check is {given}, and should be {check}; put "
        "the file back from a backup. In a line of your own, leave number and check empty"
    )


def _gap(expected: int, number: int, check: str) -> str:
    if not check:
        return f"number {number} should be {expected}; leave number and check of a new entry empty"
    missing = f"entry {expected}" if number == expected + 1 else f"entries {expected} to {number - 1}"
    return f"entry {number} stands here, but {missing} cannot be found; put the file back from a backup"


def _changes(changed: list[tuple[Line, Entry]]) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each change; those of times alone, as spreadsheets make, share one."""
    times = []
    for line, kept in changed:
        if replace(line.entry, when=kept.when) == kept:
            times.append((line, kept))
        else:
            yield line.line, _change(line.entry, kept)
    if times:
        (line, kept), *others = times
        more = f"; {len(others)} more changed in their times alone, as if a spreadsheet had rewritten them"
        yield line.line, _change(line.entry, kept) + more * bool(others)


def _change(now: Entry, kept: Entry) -> str:
    differences = [
        f"{name} was {getattr(kept, name)!r} and is now {getattr(now, name)!r}"
        for name in ("number", *FIELDS)
        if getattr(now, name) != getattr(kept, name)
    ]
    return f"entry {kept.number} was changed: {', '.join(differences)}"


def _listed(numbers: list[int]) -> str:
    """Return numbers of entries as a part of a sentence."""
    if len(numbers) == 1:
        return f"entry {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"entries {numbers[0]} to {numbers[-1]}"
    return f"entries {', '.join(map(str, numbers[:MAX_NAMES]))}{' ...' if len(numbers) > MAX_NAMES else ''}"
