"""Counts of the files that the listing of a folder leaves out, or takes in a way that may surprise."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from activepool.data.image_formats import is_image_name
from activepool.errors import abbreviated

#: Endings of image formats that Pillow cannot read without a plugin, such as those of telephones.
UNREADABLE = (".heic", ".heif", ".hif", ".jxl")


@dataclass
class Omissions:
    """Files and folders of a dataset that need a notice.

    Attributes:
        endings: number of files by suffix, in lower case, that is not an image's; in shards also by a field
            such as ``.seg.png``, which a further dot makes different from the image.
        special_files: pipes, sockets and devices with the names of images.
        outside_parts: number of images by folder that belong to neither train nor test.
        nested: number of images by folder below that of a class; these are taken.
        links: images that are links; these are taken.
        broken_links: links that lead nowhere and do not have the names of images, such as to a folder.
        link_cycles: links to folders above them, which are mistakes.
        parts: class folders with the name of a part of a dataset.
        empty: folders for unlabelled images, and shards, that contain none.
    """

    endings: Counter[str] = field(default_factory=Counter)
    hidden: list[str] = field(default_factory=list)
    system_folders: list[str] = field(default_factory=list)
    special_files: list[str] = field(default_factory=list)
    outside_parts: Counter[str] = field(default_factory=Counter)
    nested: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    broken_links: list[str] = field(default_factory=list)
    link_cycles: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of files and folders that are not taken."""
        listings = (self.hidden, self.system_folders, self.special_files, self.broken_links)
        return self.endings.total() + self.outside_parts.total() + sum(map(len, listings))

    def notices(self, root: Path) -> tuple[str, ...]:
        """Return the notices, a line each."""
        unreadable = +Counter({ending: self.endings[ending] for ending in UNREADABLE})
        dotted = Counter({ending: count for ending, count in self.endings.items() if is_image_name(ending)})
        kinds = [
            _count_line("of endings that name no image format", self.endings - unreadable - dotted),
            _count_line("images with more than one dot in their names", dotted),
            _count_line("images that Pillow cannot read here (convert them to JPEG)", unreadable),
            _name_line("hidden", self.hidden),
            _name_line("folders of the operating system", self.system_folders),
            _name_line("pipes, sockets and devices", self.special_files),
            _name_line("links that lead nowhere", self.broken_links),
            _count_line("images beside the folders that are read", self.outside_parts),
        ]
        omissions = "; ".join(filter(None, kinds))
        lines = [f"{root}: not taken: {omissions}"] if omissions else []
        if self.nested:
            lines.append(
                f"{root}: taken: {_count_line('images in folders below that of their class', self.nested)}"
            )
        lines += [f"{root}: the folder {name} is taken as a class" for name in self.parts]
        lines += [f"{root}: {name} holds no image" for name in self.empty]
        return tuple(lines)


def _count_line(kind: str, counts: Counter[str]) -> str:
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    names = [f"{name} {count:,}" for name, count in most_first]
    return f"{kind}: {counts.total():,} ({abbreviated(names)})" if counts else ""


def _name_line(kind: str, names: list[str]) -> str:
    return f"{kind}: {len(names):,} ({abbreviated(sorted(names))})" if names else ""
