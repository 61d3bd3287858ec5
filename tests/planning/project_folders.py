"""The folder of a project: photographs, what came back, and all that is in it."""

from pathlib import Path

from PIL import Image

from activepool.errors import InputError
from planning.configuration.project import Project
from planning.project.start import preview_run

PROJECT = Project(
    project="p", images="photos", backbone={"architecture": "identity"}, batch=2, classes=["ant", "bee"]
)


def take(name, shade):
    Image.new("L", (4, 4), shade).save(Path("photos", name))


def extract(standing):
    for part in set(standing.pool.parts):
        features = Path(standing.project.part_features(part))
        features.parent.mkdir(parents=True, exist_ok=True)
        features.touch()


def give_back(*lines, name="list.csv"):
    Path("returned", name).write_text("source,label,who\n" + "".join(f"{line}\n" for line in lines))


def contents():
    """Return what is in each file, but for what any run of Snakemake may write."""
    files = [path for path in Path().rglob("*") if path.is_file() and path.parts[0] != ".snakemake"]
    return {path: path.read_bytes() for path in files if path.name != "lock"}


def look(project=PROJECT):
    """Return what a look foresees, or the lines of its error; it changes no file."""
    before = contents()
    try:
        return preview_run(project)
    except InputError as error:
        return error.args
    finally:
        assert contents() == before
