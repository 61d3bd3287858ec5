"""What the listing of a folder does not take, or takes in a way that may surprise: counted, and said."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

#: How many names a notice shows of each sort.
MAX_SHOWN = 5


@dataclass
class LeftOut:
    """What one dataset's listing found beside the images that it takes.

    Attributes:
        endings: ending of a name, in lower case -> files that are no images by it.
        hidden: hidden files and folders.
        of_system: folders that an operating system or a file server made.
        special: pipes, sockets and devices that are named like images.
        beside: folder, or part of the dataset, whose images belong to neither train nor test -> how many.
        deep: folder below that of a class -> its images, which are taken.
        parts: folders of classes that are named like a part of a dataset.
        empty: folders for unlabelled images that hold none.
    """

    endings: Counter[str] = field(default_factory=Counter)
    hidden: list[str] = field(default_factory=list)
    of_system: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)
    beside: Counter[str] = field(default_factory=Counter)
    deep: Counter[str] = field(default_factory=Counter)
    parts: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def notices(self, root: Path) -> tuple[str, ...]:
        """Return what to say about it, a line each; nothing where nothing was left out."""
        sorts = [
            _counted("of endings that name no image format", self.endings),
            _named("hidden", self.hidden),
            _named("folders of the operating system", self.of_system),
            _named("pipes, sockets and devices", self.special),
            _counted("images beside the folders that are read", self.beside),
        ]
        lines = [f"{root}: not taken: {'; '.join(said)}"] if (said := [one for one in sorts if one]) else []
        if self.deep:
            lines.append(
                f"{root}: taken: {_counted('images in folders below that of their class', self.deep)}"
            )
        lines += [f"{root}: the folder {name} is taken as a class" for name in self.parts]
        lines += [f"{root}: {name} holds no image" for name in self.empty]
        return tuple(lines)


def _counted(what: str, found: Counter[str]) -> str:
    """Return how many there are of a sort, and of the most frequent names how many each."""
    most_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    names = [f"{name} {count:,}" for name, count in most_first]
    return f"{what}: {found.total():,} ({_some(names)})" if found else ""


def _named(what: str, found: list[str]) -> str:
    return f"{what}: {len(found):,} ({_some(sorted(found))})" if found else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:MAX_SHOWN] + ["..."] * (len(names) > MAX_SHOWN))
