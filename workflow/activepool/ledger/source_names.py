"""Which source a path in a label file stands for: tools lengthen, shorten and respell paths."""

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple
from urllib.parse import unquote

from activepool.data.class_names import loose_form

#: Where Label Studio serves the files of its machine.
LOCAL_FILES = "/data/local-files/?d="

#: The most sources among which a misspelt one is looked for.
MOST_COMPARED = 20_000


class Candidate(NamedTuple):
    """A source that a path may stand for.

    Attributes:
        source: the source.
        beginning: what the path has before it; empty if the path is the source itself, None if it is only
            the end of the source, such as the name without the folder.
    """

    source: str
    beginning: str | None


class SourceNames:
    """The sources of a pool, to look up paths in."""

    def __init__(self, sources: Iterable[str]) -> None:
        self.sources = list(dict.fromkeys(sources))
        self._all = set(self.sources)
        self._groups: dict[str, dict[object, list[str]]] = {}

    def candidates(
        self, name: str, may_lack_ending: bool = False, may_lack_folders: bool = False
    ) -> list[Candidate]:
        """Return the sources that a path or an address may stand for, the longest first.

        If it stands for none, ``%20`` and the like are decoded as in an address.

        Args:
            name: the source itself; what ends with a source; or the end of one.
            may_lack_ending: whether ``name`` may lack the ending of the file (``.jpg``).
            may_lack_folders: whether a name without folders may be that of an image in any folder, not only
                of one outside all folders.
        """
        found = self._candidates(name, may_lack_ending, may_lack_folders)
        decoded = unquote(name)
        if found or decoded == name:
            return found
        return self._candidates(decoded, may_lack_ending, may_lack_folders)

    def _candidates(self, name: str, may_lack_ending: bool, may_lack_folders: bool) -> list[Candidate]:
        plain = plain_path(name)
        if not (may_lack_folders and "/" not in plain):
            if name in self._all:
                return [Candidate(name, "")]
            if whole := self._whole(plain, may_lack_ending):
                return [Candidate(source, "") for source in whole]
            parts = plain.split("/")
            ends = ["/".join(parts[start:]) for start in range(1, len(parts))]
            if longer := [
                Candidate(source, plain.removesuffix(end))
                for end in ends
                for source in self._whole(end, may_lack_ending)
            ]:
                return longer
        return [Candidate(source, None) for source in self._ending_with(plain, may_lack_ending)]

    def _whole(self, plain: str, may_lack_ending: bool) -> list[str]:
        """Return the sources that a path is as a whole."""
        same = self._called("path", plain)
        return self._called("path without ending", plain) if not same and may_lack_ending else same

    def _ending_with(self, plain: str, may_lack_ending: bool) -> list[str]:
        same = [source for source in self._called("name", _base(plain)) if _ends_with(source, plain)]
        if not same and may_lack_ending:
            stems = self._called("name without ending", _base(plain))
            same = [source for source in stems if _ends_with(_stem(source), plain)]
        return same

    def nearest(self, name: str) -> str | None:
        """Return the source that is written most like ``name``; None if no source is like it.

        A name in a folder of the pool means an image in this folder.
        """
        plain = plain_path(name)
        folder, _, base = plain.rpartition("/")
        inside = self._called("folder", folder)
        if folder and 0 < len(inside) < len(self.sources):
            return SourceNames(inside).nearest(name)
        near = self._called("spelling", _form(plain)) or self._called("spelling of name", _form(_stem(base)))
        if not near and len(self.sources) <= MOST_COMPARED:
            names = dict.fromkeys(map(_base, self.sources))
            alike = difflib.get_close_matches(base, names, n=1, cutoff=0.75)
            near = self._called("name", alike[0]) if alike else []
        return next(iter(near), None)

    def _called(self, form: str, text: object) -> list[str]:
        """Return the sources whose given form, one of `FORMS`, is ``text``."""
        if form not in self._groups:
            self._groups[form] = groups = defaultdict[object, list[str]](list)
            for source in self.sources:
                groups[FORMS[form](source)].append(source)
        return self._groups[form].get(text, [])


class ImageRoot:
    """The folder that sources start from.

    ``address`` is where Label Studio shows it, without its scheme; empty if that is not given.
    """

    def __init__(self, path: Path, address: str = "") -> None:
        absolute = [path.absolute(), path.resolve()]
        self.name = plain_path(absolute[0].name)
        shown, local, inside = address.partition("?d=")
        self.address = plain_path(unquote(inside) if local else shown).strip("/")
        self._paths = [plain_path(one.as_posix()).strip("/") for one in absolute]

    def is_beginning(self, name: str, beginning: str) -> bool:
        """Return whether a path with this beginning lies in this very folder, and not in a namesake.

        ``beginning`` is what stands before the source in ``name``, a path or the address of an image.
        """
        plain = beginning.strip("/")
        if self.address and plain == self.address:
            return True
        scheme, mark, _ = name.partition("://")
        if mark and scheme.casefold() != "file":  # on a server, or in a bucket
            return False
        if not plain:
            return True
        if PurePosixPath(beginning).is_absolute() or PureWindowsPath(beginning).is_absolute():
            return plain in self._paths
        while plain.startswith("../"):
            plain = plain[3:]
        return any(f"/{path}".endswith(f"/{plain}") for path in self._paths)


def plain_path(name: str) -> str:
    """Return a path or an address as sources are written: with slashes, and without host and query."""
    text = _composed(name.strip()).replace("\\", "/")
    _, local, inside = text.partition(LOCAL_FILES)
    if local:
        text = unquote(inside.partition("&")[0])
    elif "://" in text:
        text = unquote(text.partition("://")[2].partition("?")[0].partition("#")[0])
    while text.startswith("./"):
        text = text[2:]
    return text


def _ends_with(source: str, plain: str) -> bool:
    """Return whether a path is a source, or its end after some folder."""
    return f"/{_composed(source)}".endswith(f"/{plain}")


def _base(path: str) -> str:
    """Return a path without its folders."""
    return _composed(path).rpartition("/")[2]


def _composed(path: str) -> str:
    """Return a path with accents as parts of their letters; macOS takes them apart."""
    return unicodedata.normalize("NFC", path)


def _stem(path: str) -> str:
    ending = PurePosixPath(path).suffix
    return path[: len(path) - len(ending)] if ending else path


def _form(path: str) -> object:
    return loose_form(path.replace("\\", "/"))


#: The forms by which sources are looked up.
FORMS: dict[str, Callable[[str], object]] = {
    "path": _composed,
    "path without ending": lambda source: _stem(_composed(source)),
    "folder": lambda source: _composed(source).rpartition("/")[0],
    "name": _base,
    "name without ending": lambda source: _stem(_base(source)),
    "spelling": _form,
    "spelling of name": lambda source: _form(_stem(_base(source))),
}
