"""Checks of a project's configuration against its files, before any job: one line per problem.

``source`` is the name of the configuration file or files, for messages.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from activepool.backbones.registry import may_bring_weights
from activepool.errors import InputError
from activepool.evaluation.intervals import narrowest_width
from activepool.labelling.status.accuracies import MIN_CASES
from activepool.programs.messages import print_notices
from planning.checks.backbone import RELATIVE, WITHOUT_WEIGHTS, backbone_file_problems
from planning.checks.data import shard_problems
from planning.checks.folders import case_problems, repetition_problems
from planning.configuration.loading import message_lines
from planning.configuration.project import CONFIDENCE, Project
from planning.project.paths import MODEL_FILES, sends_batches
from planning.project.standing import ProjectStanding

#: The keys that only images need.
IMAGE_KEYS = ("backbone", "features", "exif", "on_unreadable")

#: The number of batches that an audit set must leave in the pool.
RESERVED_BATCHES = 2


def check_project(project: Project, source: str, files: Sequence[str] = ()) -> None:
    """Raise InputError with one line for each problem; the arguments are those of `load_project`."""
    if lines := message_lines(problems_with_files(project), source, files):
        raise InputError(*lines)


def problems_with_files(project: Project, omitted_keys: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for each problem of a project with its files, except for ``omitted_keys``."""
    if not {"images", "embeddings", "backbone.architecture"} & set(omitted_keys):
        yield from _backbone_problems(project)
    yield from repetition_problems({"backbone.name": project.backbone_name})
    yield from case_problems("project", project.project)
    yield from _file_problems(project)
    yield from _folder_problems(project)


def check_standing(standing: ProjectStanding, source: str, arguments: Sequence[str]) -> None:
    """Raise InputError if a run cannot do what Snakemake's ``arguments`` ask for."""
    require_same_spelling(standing, source)
    require_shared(standing, source)
    require_model(standing, arguments)
    print_notices(missing_folder_notices(standing))
    if sends_batches(arguments):
        require_room(standing, source)
        print_notices(audit_notices(standing))


def require_room(standing: ProjectStanding, source: str) -> None:
    """Raise InputError if the next audit set would leave fewer than two batches in the pool."""
    project, candidates, shortfall = standing.project, standing.num_candidates, standing.audit_shortfall
    if not shortfall or shortfall + RESERVED_BATCHES * project.batch <= candidates:
        return
    key = "audit_width" if project.audit_width else "audit"
    max_size = standing.num_in_audits + candidates - RESERVED_BATCHES * project.batch
    if max_size < max(1, standing.num_in_audits):
        remedy = f"leave {key} out" if not standing.num_in_audits else f"set audit: {standing.num_in_audits}"
    elif project.audit_width and (width := narrowest_width(max_size, CONFIDENCE)) is None:
        remedy = f"set audit: {max_size} or less instead"
    else:
        remedy = f"set {key} to {width} or more" if project.audit_width else f"set audit: {max_size} or less"
    note = f" and has {standing.num_in_audits:,}" if standing.num_in_audits else ""
    raise InputError(
        f"{source}: {key}: the audit set would take {project.audit_size:,} samples{note}; {candidates:,} of "
        f"the pool's {int(standing.pool.is_present.sum()):,} samples can go out, and two batches of "
        f"{project.batch:,} must be left: {remedy}"
    )


def audit_notices(standing: ProjectStanding) -> Iterator[str]:
    """Yield a line if the next part of an audit set is too small to show an accuracy."""
    if standing.audit_shortfall and standing.next_audit_size < MIN_CASES:
        yield (
            f"audit: {standing.next_audit_size} is too few to show an accuracy, which takes {MIN_CASES} "
            "labels; give more, because some may be skipped"
        )


def missing_folder_notices(standing: ProjectStanding) -> Iterator[str]:
    """Yield a line if the configuration names a folder that is missing, and batches have gone out."""
    project = standing.project
    has_named = "returned" in project.model_fields_set
    if has_named and standing.state.batches and not Path(project.returned).exists():
        yield (
            f"returned: {project.returned} does not exist, so no answer is read; correct the key, or put "
            "what comes back into a folder of this name"
        )


def require_shared(standing: ProjectStanding, source: str) -> None:
    """Raise InputError if more jobs would extract than the pool has photographs."""
    if standing.project.images is not None:
        for problem in shard_problems(standing.project.features, int(standing.pool.is_present.sum())):
            raise InputError(f"{source}: {problem}")


def require_same_spelling(standing: ProjectStanding, source: str) -> None:
    """Raise InputError if the configuration spells a class nearly, but not exactly, like its labels."""
    labels = Counter(sample.label for sample in standing.state.samples.values())
    problems = [
        f"{source}: classes: {twin.earlier!a} is spelled almost like {twin.name!a}, which has {count:,} "
        f"label{'s' * (count > 1)} in {standing.project.ledger_path}; spell it the same way or, to rename "
        f"the class, put corrections of all its labels into {standing.project.returned}"
        for twin in standing.state.twins
        if twin.earlier in standing.project.classes and (count := labels[twin.name])
    ]
    if problems:
        raise InputError(*problems)


def require_model(standing: ProjectStanding, arguments: Iterable[str]) -> None:
    """Raise InputError if Snakemake's ``arguments`` ask for a model, and there are too few labels."""
    targets = sorted(set(arguments) & set(MODEL_FILES))
    if targets and not standing.has_model(standing.next_batch):
        raise InputError(
            f"{targets[0]}: a model needs labels of two classes or more; {standing.project.ledger_path} has "
            f"{_labels_text(standing)}; {_way_to_labels(standing)}"
        )


def _labels_text(standing: ProjectStanding) -> str:
    """Describe the labels to train on, which are of at most one class, and the other labels."""
    labels, audit = standing.training_set(standing.next_batch).labels, len(standing.state.audit_labels)
    parts = [f"{len(labels):,} {'label' if len(labels) == 1 else 'labels'} to train on"]
    parts += [f"all {labels[0]!r}"] if labels else []
    parts += [f"and {audit:,} of the audit set, which no model trains on"] if audit else []
    if unusable := len(standing.state.training_labels) - len(labels):
        parts.append(f"and {unusable:,} of samples that are gone")
    return ", ".join(parts)


def _way_to_labels(standing: ProjectStanding) -> str:
    if standing.is_incomplete:
        batch, folder = standing.sent_batches[-1].name, standing.project.returned
        return f"have {batch} labelled, and put what comes back into {folder}"
    if not standing.num_candidates:
        return "all samples of the pool have gone out: add new ones"
    return "run next_batch, and have the batch labelled"


def _backbone_problems(project: Project) -> Iterator[str]:
    backbone = project.backbone
    if project.embeddings is not None:
        for key in IMAGE_KEYS:
            if key in project.model_fields_set and getattr(project, key) is not None:
                yield f"{key}: embeddings need none; leave it out"
        return
    if backbone is None:
        yield "backbone: is missing; images need one"
        return
    if backbone.architecture == WITHOUT_WEIGHTS:
        if backbone.checkpoint:
            yield "backbone.checkpoint: identity has no weights; leave it out"
    elif not (backbone.checkpoint or may_bring_weights(backbone.architecture)):
        yield "backbone.checkpoint: is missing; it must be the file of the backbone's weights"
    if backbone.format and backbone.keys:
        yield "backbone: format and keys both say how the checkpoint names its weights; give one"


def _file_problems(project: Project) -> Iterator[str]:
    pool = "embeddings" if project.embeddings is not None else "images"
    path = project.images if project.embeddings is None else project.embeddings.path
    if path is not None and not Path(path).exists():
        yield f"{pool}: {path} does not exist; {RELATIVE}"
    elif project.images_root is not None and not project.images_root.is_dir():
        yield f"images: {path} is a file; it must be a folder of images, or a .csv file with the column path"
    yield from backbone_file_problems(project.backbone, project.features_file)


def _folder_problems(project: Project) -> Iterator[str]:
    ledger, returned = Path(project.ledger_path), Path(project.returned)
    if ledger.is_dir() or not ledger.parent.is_dir():
        yield f"ledger: {ledger} must be a file in a folder that exists"
    for key, path in {"ledger": ledger, "returned": returned}.items():
        if Path("results").resolve() in [path.resolve(), *path.resolve().parents]:
            yield f"{key}: {path} lies in results/, which may be deleted; put it elsewhere"
    if returned.resolve() in ledger.resolve().parents:
        yield f"ledger: {ledger} lies in {returned}, the folder for what comes back; put it elsewhere"
    if returned.exists() and not returned.is_dir():
        yield f"returned: {returned} is a file; it must be the folder for what comes back from people"
    if project.images is None:
        return
    images = Path(project.images).resolve()
    if Path("results").resolve() in images.parents:
        yield f"images: {project.images} lies in results/, which may be deleted; put it elsewhere"
    if project.images_root != Path(project.images):
        return
    if images in ledger.resolve().parents:
        yield f"ledger: {ledger} lies in {project.images}, the folder of the photographs; put it elsewhere"
    if returned.resolve() == images:
        yield f"returned: {returned} is the folder of the photographs (images); give another folder"
    for folder in (Path("results"), *([returned] if returned.resolve() != images else [])):
        if images in [folder.resolve(), *folder.resolve().parents]:
            yield f"images: the folder {project.images} contains {folder}; use one only for photographs"
