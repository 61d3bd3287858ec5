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

#: The most sources among which a misspelt one is searched for.
MAX_COMPARED = 20_000


class Candidate(NamedTuple):
    """A source that a path may mean, and the part of the path before it.

    That ``beginning`` is empty if the path is the source itself, and None if it is only the end of the
    source, such as the name without the folder.
    """

    source: str
    beginning: str | None


class SourceNames:
    """The sources of a pool, among which paths are looked up."""

    def __init__(self, sources: Iterable[str]) -> None:
        self.sources = list(dict.fromkeys(sources))
        self._source_set = set(self.sources)
        self._groups: dict[str, dict[object, list[str]]] = {}

    def candidates(
        self, name: str, may_lack_ending: bool = False, may_lack_folders: bool = False
    ) -> list[Candidate]:
        """Return the sources that a path or an address may mean, the longest first.

        If there is none, ``%20`` and the like are decoded as in an address. ``name`` is a source, a longer
        path that ends with a source, or the end of a source. It may lack the ending of the file (``.jpg``);
        and without folders, it may mean an image in any folder, not only one outside all folders.
        """
        candidates = self._candidates(name, may_lack_ending, may_lack_folders)
        decoded = unquote(name)
        if candidates or decoded == name:
            return candidates
        return self._candidates(decoded, may_lack_ending, may_lack_folders)

    def _candidates(self, name: str, may_lack_ending: bool, may_lack_folders: bool) -> list[Candidate]:
        """Return the candidates of a name whose backslashes separate folders, or are letters of a source."""
        candidates = self._of_path(name, plain_path(name), may_lack_ending, may_lack_folders)
        if "\\" not in name:
            return candidates
        as_written = self._of_path(name, _composed(name.strip()), may_lack_ending, may_lack_folders)
        lettered = [candidate for candidate in as_written if "\\" in candidate.source]
        return list(dict.fromkeys([*lettered, *candidates]))

    def _of_path(
        self, name: str, path: str, may_lack_ending: bool, may_lack_folders: bool
    ) -> list[Candidate]:
        if not (may_lack_folders and "/" not in path):
            if name in self._source_set:
                return [Candidate(name, "")]
            if sources := self._whole(path, may_lack_ending):
                return [Candidate(source, "") for source in sources]
            parts = path.split("/")
            ends = ["/".join(parts[start:]) for start in range(1, len(parts))]
            if candidates := [
                Candidate(source, path.removesuffix(end))
                for end in ends
                for source in self._whole(end, may_lack_ending)
            ]:
                return candidates
        return [Candidate(source, None) for source in self._ending_with(path, may_lack_ending)]

    def _whole(self, path: str, may_lack_ending: bool) -> list[str]:
        sources = self._with_form("path", path)
        return self._with_form("path without ending", path) if not sources and may_lack_ending else sources

    def _ending_with(self, path: str, may_lack_ending: bool) -> list[str]:
        sources = [source for source in self._with_form("name", _base(path)) if _ends_with(source, path)]
        if not sources and may_lack_ending:
            stems = self._with_form("name without ending", _base(path))
            sources = [source for source in stems if _ends_with(_stem(source), path)]
        return sources

    def nearest(self, name: str) -> str | None:
        """Return the source with the spelling nearest to ``name``; None if none is near.

        A name in a folder of the pool means an image in this folder.
        """
        path = plain_path(name)
        folder, _, base = path.rpartition("/")
        neighbours = self._with_form("folder", folder)
        if folder and 0 < len(neighbours) < len(self.sources):
            return SourceNames(neighbours).nearest(name)
        sources = self._with_form("spelling", _form(path))
        sources = sources or self._with_form("spelling of name", _form(_stem(base)))
        if not sources and len(self.sources) <= MAX_COMPARED:
            names = dict.fromkeys(map(_base, self.sources))
            matches = difflib.get_close_matches(base, names, n=1, cutoff=0.75)
            sources = self._with_form("name", matches[0]) if matches else []
        return next(iter(sources), None)

    def _with_form(self, form: str, text: object) -> list[str]:
        """Return the sources whose ``form``, one of `FORMS`, is ``text``."""
        if form not in self._groups:
            self._groups[form] = groups = defaultdict[object, list[str]](list)
            for source in self.sources:
                groups[FORMS[form](source)].append(source)
        return self._groups[form].get(text, [])


class ImageRoot:
    """The folder that sources start from, and its ``address`` in Label Studio, empty if it is not known."""

    def __init__(self, path: Path, address: str = "") -> None:
        paths = [path.absolute(), path.resolve()]
        self.name = plain_path(paths[0].name)
        url, separator, folder = address.partition("?d=")
        self.address = plain_path(unquote(folder) if separator else url).strip("/")
        self._paths = [plain_path(root.as_posix()).strip("/") for root in paths]

    def is_beginning(self, name: str, beginning: str) -> bool:
        """Return whether a path with this beginning lies in this very folder, and not in a namesake.

        ``beginning`` is the part before the source of ``name``, a path or the address of an image.
        """
        path = beginning.strip("/")
        if self.address and path == self.address:
            return True
        scheme, separator, _ = name.partition("://")
        if separator and scheme.casefold() != "file":  # on a server, or in a bucket
            return False
        if not path:
            return True
        if PurePosixPath(beginning).is_absolute() or PureWindowsPath(beginning).is_absolute():
            return path in self._paths
        while path.startswith("../"):
            path = path[3:]
        return any(f"/{root}".endswith(f"/{path}") for root in self._paths)


def plain_path(name: str) -> str:
    """Return a path or an address as sources are written: with slashes, and without host and query."""
    text = _composed(name.strip()).replace("\\", "/")
    _, separator, path = text.partition(LOCAL_FILES)
    if separator:
        text = unquote(path.partition("&")[0])
    elif "://" in text:
        text = unquote(text.partition("://")[2].partition("?")[0].partition("#")[0])
    while text.startswith("./"):
        text = text[2:]
    return text


def _ends_with(source: str, path: str) -> bool:
    """Return whether a path is a source, or its end after some folder."""
    return f"/{_composed(source)}".endswith(f"/{path}")


def _base(path: str) -> str:
    return _composed(path).rpartition("/")[2]


def _composed(path: str) -> str:
    """Return a path with accents as parts of their letters; macOS takes them apart."""
    return unicodedata.normalize("NFC", path)


def _stem(path: str) -> str:
    return path.removesuffix(PurePosixPath(path).suffix)


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
