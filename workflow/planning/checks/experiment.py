"""Checks of an experiment against its data, before any job: one line for each problem, all at once."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import get_args

from activepool.backbones.registry import may_bring_weights
from activepool.data.kinds import EMBEDDINGS
from activepool.errors import InputError, nearest_name
from activepool.programs.messages import print_notices
from activepool.strategies.registry import builtin_strategies
from activepool.tracking.registry import missing_package
from planning.checks.annotations import annotation_problems
from planning.checks.backbone import WITHOUT_WEIGHTS, backbone_file_problems, missing_problem
from planning.checks.data import data_problems, previewed
from planning.checks.folders import case_problems, repetition_problems
from planning.checks.settings import head_notices, strategy_notices, strategy_problems
from planning.configuration.experiment import Experiment, FinetuneHead
from planning.configuration.loading import message_lines
from planning.configuration.sections import DrawnKind
from planning.paths import Paths


def check(experiment: Experiment, source: str, files: Sequence[str] = ()) -> None:
    """Raise InputError with one line for each problem; the arguments are those of `load`."""
    problems = [
        *problems_with_files(experiment),
        *strategy_problems(experiment),
        *data_problems(experiment),
        *annotation_problems(experiment),
    ]
    print_notices([*strategy_notices(experiment), *head_notices(experiment)])
    if lines := message_lines(problems, source, files):
        raise InputError(*lines)


def problems_with_files(experiment: Experiment, left_out: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for each problem that does not depend on the data.

    ``left_out`` are keys that were left out because they have mistakes, and the sections of these.
    """
    without_images = experiment.dataset.kind == EMBEDDINGS
    if experiment.backbone is None and not (without_images or {"dataset", "backbone"} & set(left_out)):
        yield "backbone: is missing; a dataset of images needs one"
    if not {"dataset", "head", "initial", "pretrain", "backbone.architecture"} & set(left_out):
        yield from _backbone_problems(experiment)
    yield from _name_problems(experiment)
    annotations = experiment.dataset.annotations
    if annotations is not None and (problem := missing_problem(Path(annotations))):
        yield f"dataset.annotations: {problem}"
    yield from backbone_file_problems(experiment.backbone, Paths(experiment).features)
    yield from _colour_problems(experiment, has_strategies="strategies" not in left_out)
    yield from _tracker_problems(experiment)


def problems_beside_keys(experiment: Experiment, left_out: Collection[str]) -> Iterator[str]:
    """Yield a line for each problem with a file, beside the mistakes of the keys that were left out."""
    yield from problems_with_files(experiment, left_out)
    if "dataset" not in left_out:
        yield from previewed(experiment)[1]


def _backbone_problems(experiment: Experiment) -> Iterator[str]:
    backbone, pretrain, finetuning = experiment.backbone, experiment.pretrain, experiment.finetuning
    if experiment.dataset.kind == EMBEDDINGS:
        if experiment.finetunes:
            yield "head.solver: finetune needs images, but a dataset of kind embeddings has none"
        for key, section in (("backbone", backbone), ("pretrain", pretrain)):
            if section is not None:
                yield f"{key}: a dataset of kind embeddings has no images to use it on; leave it out"
        return
    if backbone is None:
        return
    if backbone.architecture == WITHOUT_WEIGHTS:
        if pretrain or backbone.checkpoint:
            yield "backbone.architecture: identity has no weights; leave out pretrain and backbone.checkpoint"
    elif finetuning and finetuning.from_scratch:
        if pretrain or backbone.checkpoint:
            yield "head.from_scratch: starts from random weights; leave out pretrain and backbone.checkpoint"
    elif pretrain and backbone.checkpoint:
        yield "backbone: its weights come from pretrain or from backbone.checkpoint; both are given, give one"
    elif not (pretrain or backbone.checkpoint or may_bring_weights(backbone.architecture)):
        yield "backbone: its weights come from pretrain or backbone.checkpoint; neither is given, give one"
    if finetuning and finetuning.from_scratch:
        yield from _from_scratch_problems(experiment, finetuning)
    if finetuning and backbone.architecture == WITHOUT_WEIGHTS:
        yield "head.solver: finetune trains the whole network, and identity has no weights"
    if finetuning and not finetuning.freeze_batch_norm:
        if finetuning.freeze_backbone and not finetuning.from_scratch:
            yield "head.freeze_backbone: batch normalisation is frozen, too; leave out freeze_batch_norm"
        for key, value in (
            ("initial.size", experiment.initial.size),
            ("head.batch_size", finetuning.batch_size),
        ):
            if value < 2:
                yield f"{key}: must be 2 or more to train batch normalisation, or head.freeze_batch_norm true"
    if backbone.format and backbone.keys:
        yield "backbone: format and keys both say how the checkpoint names its weights; give one"
    if (backbone.format or backbone.keys) and not backbone.checkpoint:
        key = "format" if backbone.format else "keys"
        yield f"backbone.{key}: says how a checkpoint names its weights, and there is none; leave it out"


def _from_scratch_problems(experiment: Experiment, finetuning: FinetuneHead) -> Iterator[str]:
    """Yield a line for each setting that does not fit rounds that start from random weights."""
    if finetuning.freeze_backbone:
        yield "head.from_scratch: random weights must not be frozen; leave out freeze_backbone"
    if finetuning.freeze_batch_norm:
        yield "head.from_scratch: there are no batch-norm statistics to freeze; set freeze_batch_norm: false"
    no_features = "with head.from_scratch, there are no features before round 0"
    kinds = {"kind": experiment.initial.kind}
    kinds |= {f"by_strategy.{name}": kind for name, kind in experiment.initial.by_strategy.items()}
    for key, kind in kinds.items():
        if kind not in get_args(DrawnKind):
            yield f"initial.{key}: must be random or balanced; {no_features}"
    for strategy in experiment.strategies:
        if strategy.declared.prepare:
            yield f"strategies: {strategy.folder} prepares from features; {no_features}; leave it out"


def _name_problems(experiment: Experiment) -> Iterator[str]:
    names = {
        "experiment": experiment.experiment,
        "dataset.name": experiment.dataset_name,
        "backbone.name": experiment.backbone_name,
    }
    folders = enumerate(experiment.strategy_folders)
    yield from repetition_problems(names | {f"strategies.{number}.name": name for number, name in folders})
    yield from case_problems("experiment", experiment.experiment)


def _colour_problems(experiment: Experiment, has_strategies: bool) -> Iterator[str]:
    """Yield a line for each colour without a curve; strategies of the library may be left out for a while."""
    colours, folders = experiment.figures.colours, experiment.strategy_folders
    if not colours:
        return
    # Importing matplotlib takes as long as all other checks together.
    from matplotlib.colors import is_color_like

    for name, colour in colours.items():
        if has_strategies and name not in (*folders, *builtin_strategies()):
            yield f"figures.colours.{name}: is not one of the strategies; {nearest_name(name, folders)}"
        if not is_color_like(colour):
            yield f"figures.colours.{name}: {colour!r} is not a colour; give a name or a value like '#0072B2'"


def _tracker_problems(experiment: Experiment) -> Iterator[str]:
    for name in experiment.trackers:
        if package := missing_package(name):
            yield f"trackers: {name} needs the package {package}: pip install {package}, or leave it out"
