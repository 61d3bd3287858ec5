"""Counts of the files that the listing of a folder leaves out, or takes in a way that may surprise."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from activepool.errors import abbreviated

#: Endings of image formats that Pillow cannot read without a plugin, such as those of telephones.
UNREADABLE = (".heic", ".heif", ".jxl")


@dataclass
class LeftOut:
    """Files and folders of a dataset that need a notice.

    Attributes:
        endings: number of files by suffix, in lower case, that are not images by it.
        hidden: hidden files and folders.
        of_system: folders that an operating system or a file server made.
        special: pipes, sockets and devices with the names of images.
        beside: number of images by folder that belong to neither train nor test.
        deep: number of images by folder below that of a class; these are taken.
        links: images that are links; these are taken.
        circles: links to folders above them, which are mistakes.
        parts: class folders with the name of a part of a dataset.
        empty: folders for unlabelled images, and shards, that contain none.
    """

    endings: Counter[str] = field(default_factory=Counter)
    hidden: list[str] = field(default_factory=list)
    of_system: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)
    beside: Counter[str] = field(default_factory=Counter)
    deep: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    circles: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many files and folders are not taken."""
        named = (self.hidden, self.of_system, self.special)
        return self.endings.total() + self.beside.total() + sum(map(len, named))

    def notices(self, root: Path) -> tuple[str, ...]:
        """Return the notices, a line each."""
        unreadable = +Counter({ending: self.endings[ending] for ending in UNREADABLE})
        others = self.endings - unreadable
        kinds = [
            _counted("of endings that name no image format", others),
            _counted("images that Pillow cannot read here (convert them to JPEG)", unreadable),
            _named("hidden", self.hidden),
            _named("folders of the operating system", self.of_system),
            _named("pipes, sockets and devices", self.special),
            _counted("images beside the folders that are read", self.beside),
        ]
        left_out = "; ".join(filter(None, kinds))
        lines = [f"{root}: not taken: {left_out}"] if left_out else []
        if self.deep:
            lines.append(
                f"{root}: taken: {_counted('images in folders below that of their class', self.deep)}"
            )
        lines += [f"{root}: the folder {name} is taken as a class" for name in self.parts]
        lines += [f"{root}: {name} holds no image" for name in self.empty]
        return tuple(lines)


def _counted(what: str, counts: Counter[str]) -> str:
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    names = [f"{name} {count:,}" for name, count in most_first]
    return f"{what}: {counts.total():,} ({abbreviated(names)})" if counts else ""


def _named(what: str, names: list[str]) -> str:
    return f"{what}: {len(names):,} ({abbreviated(sorted(names))})" if names else ""
