"""The folders of a project's pool, which planning needs before it knows the pool."""

from planning.configuration.project import Project


def results_folder(project: Project) -> str:
    """Return the folder of a project's results."""
    return f"results/{project.project}"


def pool_folder(project: Project) -> str:
    """Return the folder of the tables that describe the pool."""
    return f"{results_folder(project)}/pool"


def pool_features(project: Project) -> str:
    """Return the features of the pool."""
    return f"{pool_folder(project)}/{project.backbone_name}/features.h5"


def part_features(project: Project, part: int) -> str:
    """Return the features of a part of the pool."""
    return f"results/features/{project.project}/part{part:03d}/{project.backbone_name}/features.h5"
