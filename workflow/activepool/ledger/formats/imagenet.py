"""CVAT's ImageNet archives: pictures in folders with the names of classes, or lists of class numbers.

With pictures: ``<class>/<name>`` or ``<class>/<class>_<name>``, and ``no_label/<name>``. Without pictures:
``synsets.txt``, with a class in each line, and ``<subset>.txt``, with a name and the number of its class.
"""

import re
from pathlib import Path, PurePosixPath

from activepool.data.image_formats import is_image_name
from activepool.errors import InputError, first_few
from activepool.io.files import decoded_text
from activepool.ledger.formats import archives
from activepool.ledger.formats.annotators import is_annotator_file
from activepool.ledger.formats.archives import Archive
from activepool.ledger.formats.rows import ParsedFile, Row, class_list, with_pictures

#: The list of classes of an archive without pictures.
CLASSES = "synsets.txt"

#: A line of a list: a name and class numbers. A name with blanks is in quotes, followed by its ending.
LINE = re.compile(r'(?:"(?P<quoted>[^"]+)"(?P<ending>\.\w+)?|(?P<plain>.+?))(?P<numbers>(?:\s+-?\d+)*)\s*')

#: A separator of the words of a line; no name without quotes has one.
SEPARATOR = re.compile(r"[\s,;]")


def rows(path: Path) -> ParsedFile:
    """Read an archive; a picture in it is recognised by its content, whatever its name is now."""
    with archives.open_archive(path) as archive:
        lists = [name for name in archive.members if PurePosixPath(name).name == CLASSES]
        if len(lists) > 1:
            raise InputError(f"{path}: has {len(lists)} files {CLASSES}; give an archive of each export")
        return _list_rows(archive, lists[0]) if lists else _picture_rows(archive)


def _picture_rows(archive: Archive) -> ParsedFile:
    parsed = ParsedFile()
    pictures = [name for name in archive.members if is_image_name(name)]
    for number, name in enumerate(pictures, start=1):
        place = f"{archive.path}: {name!r}"
        path = PurePosixPath(name)
        if len(path.parts) < 2:
            parsed.add_mistake(number, place, "lies in no folder of a class; export as ImageNet with images")
            continue
        parsed.rows.append(
            Row(
                number,
                place,
                name=path.name,
                content=archive.sample(name),
                folders=path.parts[:-1],
                may_lack_folders=True,
            )
        )
    _note_others(parsed, archive, [])
    if not pictures:
        raise InputError(f"{archive.path}: has neither pictures nor {CLASSES}; export as ImageNet")
    return parsed


def _note_others(parsed: ParsedFile, archive: Archive, lists: list[str]) -> None:
    other_members = [
        ascii(name)
        for name in archive.members
        if not is_image_name(name) and not is_annotator_file(name) and name not in lists
    ]
    if other_members:
        parsed.notices.append(
            f"{archive.path}: files that are not pictures are passed over: {first_few(other_members)}"
        )


def _list_rows(archive: Archive, list_of_classes: str) -> ParsedFile:
    parsed = ParsedFile()
    folder = PurePosixPath(list_of_classes).parent
    text = "\n".join(_lines(archive, list_of_classes)).rstrip()
    classes = class_list(f"{archive.path}: {list_of_classes}", text.splitlines())
    subsets = [
        name
        for name in archive.members
        if PurePosixPath(name).parent == folder
        and name.lower().endswith(".txt")
        and name != list_of_classes
        and not is_annotator_file(name)
    ]
    number = 0
    for name in subsets:
        for line_number, line in enumerate(_lines(archive, name), start=1):
            number += 1
            if line.strip():
                _add_line(parsed, number, archive, f"{name}:{line_number}", line.strip(), classes)
    if not subsets:
        raise InputError(f"{archive.path}: has {CLASSES}, but no list of images beside it; export it again")
    _compare_folders(parsed, number, archive, classes)
    _note_others(parsed, archive, [list_of_classes, *subsets])
    return parsed


def _compare_folders(parsed: ParsedFile, number: int, archive: Archive, classes: list[str]) -> None:
    """Note pictures in folders of classes that the lists contradict, and pictures that no list names."""
    by_content = {row.content: row for row in parsed.rows if row.content}
    ambiguous = {name for row in parsed.rows for name in row.pictures}
    unnamed = []
    for name in filter(is_image_name, archive.members):
        row = by_content.get(archive.sample(name))
        source_folders = PurePosixPath(row.name).parts if row else ()
        parents = PurePosixPath(name).parts[:-1]
        folders = [folder for folder in parents if folder in classes and folder not in source_folders]
        if name in ambiguous:
            continue
        if folders and (row is None or row.label != folders[-1]):
            number += 1
            statement = f"list it as {row.label!r}" if row and row.label else "do not give it that class"
            parsed.add_mistake(
                number,
                f"{archive.path}: {name!r}",
                f"lies in the folder of the class {folders[-1]!r}, but the lists beside {CLASSES} "
                f"{statement}; give an archive of lists, or of pictures in folders",
            )
        elif row is None:
            unnamed.append(ascii(name))
    if unnamed:
        parsed.notices.append(
            f"{archive.path}: pictures that no list names are passed over: {first_few(unnamed)}"
        )


def _add_line(
    parsed: ParsedFile, number: int, archive: Archive, position: str, line: str, classes: list[str]
) -> None:
    place = f"{archive.path}: {position}"
    match = LINE.fullmatch(line)
    name = (match["plain"] or match["quoted"] + (match["ending"] or "")) if match else ""
    numbers = match["numbers"].split() if match else []
    is_plain = match is not None and match["plain"] is not None and not numbers
    if not name or (is_plain and SEPARATOR.search(name) and not is_image_name(name)):
        parsed.add_mistake(
            number, place, f"{line!r} is not a name and the number of a class; export it again"
        )
    elif len(numbers) > 1:
        parsed.add_mistake(number, place, f"{name!r} has several classes, {', '.join(numbers)}; choose one")
    elif numbers and not 0 <= int(numbers[0]) < len(classes):
        parsed.add_mistake(
            number, place, f"{name!r} has the class {numbers[0]}, but {CLASSES} has {len(classes)} classes"
        )
    else:
        label = classes[int(numbers[0])] if numbers else ""
        row = Row(number, place, label, name=name, may_lack_ending=True, may_lack_folders=True)
        parsed.rows.append(with_pictures(row, archive.pictures_named(name)))


def _lines(archive: Archive, member: str) -> list[str]:
    return decoded_text(f"{archive.path}: {member}", archive.text(member)).splitlines()
