"""A ledger compared with its copy: lost entries come back, and changed ones are reported.

Every entry is in the ledger, which people may edit, and in a copy, which they do not touch. Each completes
the other. An entry that differs is a mistake, because nobody can tell a correction from a slip.
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

#: What mends a defect; `check` does not.
MENDER = "a run, or `repair`,"


@dataclass
class Reconciliation:
    """A ledger after the comparison with its copy.

    Attributes:
        added_lines: lines that were added by hand, with the numbers of their entries.
        changed_lines: lines that differ from the copy, each with its copied entry.
        problems: the line and the text of each other mistake.
        num_copied: the number of entries in the copy.
        lost_numbers: the numbers of the entries that only the copy has.
        tail: the end of the file, if it is not a whole entry.
    """

    entries: list[Entry] = field(default_factory=list)
    added_lines: list[Line] = field(default_factory=list)
    changed_lines: list[tuple[Line, Entry]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    num_copied: int = 0
    lost_numbers: list[int] = field(default_factory=list)
    tail: bytes = b""
    is_copy_damaged: bool = False

    def messages(self, path: Path) -> list[str]:
        """Return a line for each mistake and each defect, and what to do about changed entries."""
        refused = corrections(self.changed_lines, self.entries)[1]
        problems = sorted([*self.problems, *_change_problems(self.changed_lines), *refused])
        lines = shortened([f"{path}:{number}: {text}" for number, text in problems])
        if self.changed_lines:
            lines.append(
                f"{path}: entries are never changed, for the batches after them rest on them; have your "
                "changes entered as corrections: "
                f"python -m activepool.ledger repair {shlex.quote(str(path))} --edits correct "
                "(--edits undo drops them)"
            )
        return [*lines, *self.defects(path)]

    def defects(self, path: Path, is_mended: bool = False) -> list[str]:
        """Return a line for each defect of the files, which a run mends or, if ``is_mended``, has mended."""
        texts = []
        if self.is_copy_damaged:
            damage = f"its copy is damaged after entry {self.num_copied}; "
            texts.append((f"{damage}{MENDER} restores it from the file", f"{damage}restored from the file"))
        if self.tail:
            copied_lines = table_text(self.entries[: self.num_copied]).encode().split(b"\n")
            is_known = any(line.startswith(self.tail) for line in copied_lines)
            damage = f"its last line was cut short{'' if is_known else ', and is not an entry'}; "
            present, past = ("puts", "put") if is_known else ("keeps", "kept")
            place = "back from the copy" if is_known else "beside the copy"
            texts.append((f"{damage}{MENDER} {present} it {place}", f"{damage}{past} {place}"))
        if self.lost_numbers:
            entries, pronoun = _listed(self.lost_numbers), "it" if len(self.lost_numbers) == 1 else "them"
            pending = f"lacks {entries}, and its copy has {pronoun}; {MENDER} puts {pronoun} back"
            verb = "was" if len(self.lost_numbers) == 1 else "were"
            texts.append((pending, f"{entries} {verb} not in the file; put back from the copy"))
        return [f"{path}: {mended if is_mended else pending}" for pending, mended in texts]


def reconcile(table: Table, copy: Table | None) -> Reconciliation:
    """Compare a ledger with its copy; None if it has no copy."""
    copied_entries, is_intact = _intact(copy)
    result = Reconciliation(
        list(copied_entries), num_copied=len(copied_entries), tail=table.tail, is_copy_damaged=not is_intact
    )
    lines = {line.entry.number: line for line in table.lines}
    by_check = {line.check: line for line in table.lines if line.check}
    clashing_lines = []
    for number, entry in enumerate(copied_entries):
        line = lines.pop(entry.number, None)
        if line is None and copy and (moved_line := by_check.get(copy.lines[number].check)):
            lines.pop(moved_line.entry.number, None)
            result.changed_lines.append((moved_line, entry))
        elif line is None:
            result.lost_numbers.append(entry.number)
        elif line.entry != entry and line.check:
            result.changed_lines.append((line, entry))
        elif line.entry != entry:  # added by hand while the program entered another
            result.lost_numbers.append(entry.number)
            clashing_lines.append(line)
    result.problems += table.problems
    _add_uncopied(result, list(lines.values()), clashing_lines)
    return result


def _intact(copy: Table | None) -> tuple[list[Entry], bool]:
    """Return the entries of a copy up to the first damage, and whether it is intact."""
    if copy is None:
        return [], True
    entries: list[Entry] = []
    check = ""
    for line in copy.lines:
        if line.entry.number != len(entries) + 1 or line.check != check_of(line.entry, check):
            return entries, False
        entries.append(line.entry)
        check = line.check
    return entries, not (copy.tail or copy.problems)


def _add_uncopied(result: Reconciliation, lines: list[Line], clashing_lines: list[Line]) -> None:
    """Add the entries that the copy lacks, and their problems; only the program's lines have a check.

    ``clashing_lines``, whose number another entry has by now, get the next number.
    """
    renumbered = {line.line for line in clashing_lines}
    history = History.from_entries(result.entries)
    last: str | None = last_check(result.entries)
    expected = len(result.entries) + 1
    has_gaps = bool(result.problems)  # a line with a problem is missing here
    for line in [*lines, *clashing_lines]:
        entry = replace(line.entry, number=expected) if line.line in renumbered else line.entry
        problems = list(history.problems(entry))
        if entry.number != expected:
            if not has_gaps:
                problems.append(_gap_problem(expected, entry.number, line.check))
            last, has_gaps = None, True
        check = "" if last is None else check_of(entry, last)
        if check and line.check not in ("", check):
            problems.append(_check_problem(entry.number, line.check, check))
        if not line.check:
            problems += problems_by_hand(entry, history)
            result.added_lines.append(replace(line, entry=entry))
        result.problems += [(line.line, problem) for problem in problems]
        result.entries.append(entry)
        history.add(entry)
        last, expected = line.check or check or None, entry.number + 1
    if result.added_lines:
        verb = "was" if len(result.added_lines) == 1 else "were"
        result.notices.append(
            f"{_listed([line.entry.number for line in result.added_lines])} {verb} added by hand"
        )


def _check_problem(number: int, check: str, expected: str) -> str:
    return (
        f"entry {number} was changed after it was written: its check is {check}, and should be {expected}; "
        "put the file back from a backup. In a line of your own, leave number and check empty"
    )


def _gap_problem(expected: int, number: int, check: str) -> str:
    if not check:
        return f"number {number} should be {expected}; leave number and check of a new entry empty"
    missing = f"entry {expected}" if number == expected + 1 else f"entries {expected} to {number - 1}"
    return f"entry {number} stands here, but {missing} cannot be found; put the file back from a backup"


def _change_problems(changed_lines: list[tuple[Line, Entry]]) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each change; changes of only the time, as by spreadsheets, share one."""
    times = []
    for line, original in changed_lines:
        if replace(line.entry, when=original.when) == original:
            times.append((line, original))
        else:
            yield line.line, _change_text(line.entry, original)
    if times:
        (line, original), *remaining = times
        note = f"; {len(remaining)} more changed only in their times, as if a spreadsheet had rewritten them"
        yield line.line, _change_text(line.entry, original) + note * bool(remaining)


def _change_text(edited: Entry, original: Entry) -> str:
    differences = [
        f"{name} was {getattr(original, name)!r} and is now {getattr(edited, name)!r}"
        for name in ("number", *FIELDS)
        if getattr(edited, name) != getattr(original, name)
    ]
    return f"entry {original.number} was changed: {', '.join(differences)}"


def _listed(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"entry {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"entries {numbers[0]} to {numbers[-1]}"
    return f"entries {', '.join(map(str, numbers[:MAX_NAMES]))}{' ...' if len(numbers) > MAX_NAMES else ''}"
