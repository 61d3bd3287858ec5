"""The typed definition of a project's configuration: a real pool, which people label in batches.

It is another kind of configuration than an experiment's (`planning.configuration.experiment`), which
simulates the labelling of a pool whose labels are known.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from activepool.data.class_names import reads_as_missing
from activepool.evaluation.intervals import sample_size
from activepool.ledger.entries import class_name, has_control
from activepool.ledger.formats.rows import mark_event
from activepool.ledger.state import twins
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import builtin_strategies
from activepool.strategies.wrapping import wrapped_options
from planning.configuration.experiment import Features, not_shared
from planning.configuration.sections import (
    MAX_COUNT,
    Backbone,
    Count,
    Device,
    Fraction,
    Name,
    PathText,
    Settings,
    StrategySettings,
)

#: The confidence of the interval whose width sets the size of the audit set.
CONFIDENCE = 0.95

#: The samples that may go out once more.
AskAgain = Literal["awaited", "disputed", "cannot_tell", "skipped"]


#: The beginning of an address on some server, or on the one that shows the page.
ADDRESS_START = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*://[^/]")


def _photograph_address(address: str) -> str:
    """Return the address of a folder of photographs if the path of each can follow it."""
    if not ADDRESS_START.match(address):
        problem = "must begin with / or a protocol such as https://"
    elif any(map(str.isspace, address)):
        problem = "has a blank; write %20"
    elif address[-1] not in "/=":
        problem = "must end in / or =, because the path of a photograph follows"
    else:
        return address
    raise PydanticCustomError("address", problem)


class LabelStudio(Settings):
    """Where Label Studio finds the photographs: each at this address, followed by its path.

    By default, Label Studio serves the parent of the folder of images, because it accepts no storage at its
    own root.

    Attributes:
        address: the address of the folder of photographs; by default that of Label Studio's local files,
            ``/data/local-files/?d=<folder>/``.
    """

    address: Annotated[str, AfterValidator(_photograph_address)] | None = None


class EmbeddingFile(Settings):
    """The file of a pool's vectors; its path is enough if its arrays have the usual names.

    Attributes:
        path: the file: ``.npy``, ``.npz``, ``.pt``, ``.safetensors``, ``.parquet`` or HDF5.
        array: the name of the array of vectors; by default ``features``, or the only array.
        source_array: the name of the array of row names; by default ``sources``.
    """

    path: PathText
    array: PathText | None = None
    source_array: PathText | None = None


def _strategy_of_pool(entry: StrategySettings) -> StrategySettings:
    declared = entry.declared
    if declared.reads_pool_labels:
        raise PydanticCustomError("oracle", "needs labels that nobody has given yet; choose another strategy")
    if declared.image_model:
        raise PydanticCustomError(
            "image_model",
            "trains a model of its own on images, for simulations only; choose another strategy",
        )
    return entry


def _needs_no_label(entry: StrategySettings) -> StrategySettings:
    if _learns(entry.declared):
        names = [
            strategy.name
            for strategy in builtin_strategies().values()
            if not (_learns(strategy) or strategy.reads_pool_labels or wrapped_options(strategy))
        ]
        raise PydanticCustomError(
            "needs_labels",
            "learns from labels, and there are none at first; choose {names} or {last}",
            {"names": ", ".join(names[:-1]), "last": names[-1]},
        )
    return entry


def _name_problem(name: str) -> str | None:
    """Return why a text cannot be the name of a class, and what could."""
    if event := mark_event(name):
        return f"{name!r} is already an answer, {event}; give the class another name"
    problem = f"{name!r} is not a class name; give a word"
    if not name.strip():
        return problem
    if reads_as_missing(name):
        return f"{problem} that does not read like a missing value"
    if has_control(name):
        return f"{problem} without control characters"
    return f"{problem} that neither begins nor ends with a blank" if name != name.strip() else None


def _learns(declared: Strategy) -> bool:
    """Return whether a strategy picks nothing without labels."""
    return declared.is_scored or declared.reads_labels or bool({"head", "nearest"} & set(declared.reads))


def _together(problem: str, *keys: str) -> PydanticCustomError:
    return PydanticCustomError("together", "{problem}", {"problem": problem, "keys": keys})


PoolStrategy = Annotated[StrategySettings, AfterValidator(_strategy_of_pool)]
FirstStrategy = Annotated[PoolStrategy, AfterValidator(_needs_no_label)]


class Project(Settings):
    """A pool of photographs or embeddings, and how people label it.

    Attributes:
        project: the name of the folder ``results/<project>``.
        images: the photographs: a folder, or a CSV file with the column ``path``. This or ``embeddings``.
        embeddings: vectors instead of photographs: a file, or its path and the names of its arrays.
        classes: the classes that people choose from; answers may add others.
        new_classes: whether people may add classes.
        backbone: the network that computes the features; required with ``images``.
        features: how the features are extracted.
        exif: whether to apply the rotation that a camera records in EXIF.
        on_unreadable: what to do about a photograph that cannot be read.
        strategy: the strategy that picks a batch once there are labels of two classes.
        first_strategy: the strategy that picks a batch before that; it must need no labels.
        batch: the number of photographs in a batch.
        audit: the number of photographs in the audit set, a random sample that no model trains on. A larger
            number later draws another part, with an accuracy of its own.
        audit_width: instead of ``audit``: the width of the 95 % interval of the accuracy, 0.1 for ± 5 points.
        returned: the folder for the files that come back from annotators.
        ledger: the file of all labels; by default ``<project>.ledger.csv``.
        ask_again: which photographs may go out once more.
        go_on: treat the last batch as complete, if any answers came back since it went out; better set on the
            command line.
        seed: the seed of everything drawn at random.
        folders: also give each batch as a folder of pictures, which people sort into class folders.
        label_studio: where Label Studio finds the photographs.
        device: ``auto`` takes a GPU if there is one.
    """

    project: Annotated[Name, AfterValidator(not_shared)]
    images: PathText | None = None
    embeddings: EmbeddingFile | None = None
    classes: list[str] = []
    new_classes: bool = True
    backbone: Backbone | None = None
    features: Features = Features()
    exif: Literal["ignore", "apply"] = "apply"
    on_unreadable: Literal["stop", "skip"] = "stop"
    strategy: PoolStrategy = StrategySettings(strategy="margin")
    first_strategy: FirstStrategy = StrategySettings(strategy="maxherding")
    batch: Count
    audit: Annotated[int, Field(ge=0, le=MAX_COUNT)] = 0
    audit_width: Fraction | None = None
    returned: PathText = "returned"
    ledger: PathText | None = None
    ask_again: list[AskAgain] = []
    go_on: bool = False
    seed: Annotated[int, Field(ge=0, le=MAX_COUNT)] = 0
    folders: bool = False
    label_studio: LabelStudio = LabelStudio()
    device: Device = "auto"

    @field_validator("ask_again", mode="before", json_schema_input_type=AskAgain | list[AskAgain])
    @classmethod
    def _accept_one(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("embeddings", mode="before", json_schema_input_type=PathText | EmbeddingFile | None)
    @classmethod
    def _accept_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value

    @field_validator("classes", mode="before")
    @classmethod
    def _check_classes(cls, classes: Any) -> Any:
        if not isinstance(classes, list):
            return classes
        names = [class_name(name) for name in classes if isinstance(name, str)]
        problems = [
            f"entry {number} is "
            + ("empty; remove it" if name is None else f"{name!r}, not text; put it in quotes")
            for number, name in enumerate(classes, 1)
            if not isinstance(name, str)
        ]
        problems += [problem for name in dict.fromkeys(names) if (problem := _name_problem(name))]
        problems += [
            f"{name!r} is listed twice; list it once" for name, count in Counter(names).items() if count > 1
        ]
        problems += [str(alike) for alike in twins(list(dict.fromkeys(names)))]
        if problems:
            raise PydanticCustomError("names", "{problems}", {"problems": "; and ".join(problems)})
        return names

    @model_validator(mode="after")
    def _check_pool(self) -> "Project":
        if (self.images is None) == (self.embeddings is None):
            raise _together(
                "give 'images' (a folder, or a CSV with the column path) or 'embeddings', not both",
                *("images", "embeddings"),
            )
        if self.folders and self.images is None:
            raise _together("'folders' copies pictures, and embeddings have none", "folders")
        if self.audit and self.audit_width:
            raise _together("give 'audit' (a number) or 'audit_width', not both", "audit", "audit_width")
        if not self.new_classes and len(self.classes) < 2:
            raise _together("with new_classes: false, give two classes or more", "new_classes", "classes")
        return self

    @property
    def ledger_path(self) -> str:
        """The file of the ledger."""
        return self.ledger or f"{self.project}.ledger.csv"

    @property
    def results_folder(self) -> str:
        """The folder of all results."""
        return f"results/{self.project}"

    @property
    def pool_folder(self) -> str:
        """The folder of the tables that describe the pool."""
        return f"{self.results_folder}/pool"

    @property
    def features_file(self) -> str:
        """The features of the pool."""
        return f"{self.pool_folder}/{self.backbone_name}/features.h5"

    def part_features(self, part: int) -> str:
        """Return the features of a part of the pool."""
        return f"results/features/{self.project}/part{part:03d}/{self.backbone_name}/features.h5"

    @property
    def images_root(self) -> Path | None:
        """The folder from which the paths of images start; None for a pool of vectors."""
        if self.images is None:
            return None
        images = Path(self.images)
        return images.parent if images.suffix.lower() == ".csv" else images

    @property
    def backbone_name(self) -> str:
        """The folder of the features, which the backbone names."""
        if self.backbone is None:
            return "given"
        return self.backbone.name or self.backbone.architecture

    @property
    def audit_size(self) -> int:
        """How many samples people label for the audit set."""
        return sample_size(self.audit_width, CONFIDENCE) if self.audit_width else self.audit
