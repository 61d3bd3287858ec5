"""The changes of docs/reruns.md that are changes of files: data, results and code."""

import shutil
from collections import Counter

import h5py
from rerun_cases import (
    ALL_FIGURES,
    DRAWN,
    EVALUATION,
    EVERY_IMAGE_JOB,
    EVERYTHING,
    IMAGE_FEATURES,
    IMAGE_PRETRAINING,
    NEW_HEADS,
    case,
    code,
)
from rerun_trials import Trial, replace, touch_all


@case("the list of a `manifest`", "images", EVERY_IMAGE_JOB)
def _(trial: Trial) -> None:
    trial.edit("images.csv", "images/05.png,b", "images/05.png,a")


@case("images at another path, with the same content", "images")
def _(trial: Trial) -> None:
    move_images(trial)


@case("images at another path, with other content", "images", EVERY_IMAGE_JOB)
def _(trial: Trial) -> None:
    move_images(trial)
    shutil.copy(trial.path / "elsewhere/images/01.png", trial.path / "elsewhere/images/00.png")


def move_images(trial: Trial) -> None:
    """Move the images and their list to another folder."""
    (trial.path / "elsewhere").mkdir()
    for name in ("images", "images.csv"):
        (trial.path / name).rename(trial.path / "elsewhere" / name)
    trial.put("elsewhere/images.csv", "dataset", "path")


@case("the content of an image", "images")
def _(trial: Trial) -> None:
    shutil.copy(trial.path / "images/01.png", trial.path / "images/00.png")


@case("the content of a file of embeddings", "embeddings", EVERYTHING)
def _(trial: Trial) -> None:
    with h5py.File(trial.path / "given.h5", "r+") as file:
        file["train/features"][0, 0] += 1


@case("embeddings at another path, with the same content", "embeddings")
def _(trial: Trial) -> None:
    (trial.path / "given.h5").rename(trial.path / "moved.h5")
    trial.put("moved.h5", "dataset", "path")


@case("embeddings at another path, with other content", "embeddings", EVERYTHING)
def _(trial: Trial) -> None:
    shutil.copy(trial.path / "given.h5", trial.path / "other.h5")
    with h5py.File(trial.path / "other.h5", "r+") as file:
        file["train/features"][0, 0] += 1
    trial.put("other.h5", "dataset", "path")


@case("a new label in the file of `dataset.annotations`", "images")
def _(trial: Trial) -> None:
    with (trial.path / "bought.csv").open("a") as file:
        file.write("images/01.png,b\n")


@case("a label in this file corrected", "images", Counter(train=1, curves=1))
def _(trial: Trial) -> None:
    trial.edit("bought.csv", "images/00.png,a", "images/00.png,b")


@case("another order of this file", "images")
def _(trial: Trial) -> None:
    trial.edit("bought.csv", "images/00.png,a\n", "images/02.png,a\nimages/00.png, a\n")


@case("the file of `dataset.annotations` at another path, with the same labels", "images")
def _(trial: Trial) -> None:
    (trial.path / "bought.csv").rename(trial.path / "labels.csv")
    trial.put("labels.csv", "dataset", "annotations")


# Files.
@case("all files touched, without a change", "embeddings")
def _(trial: Trial) -> None:
    touch_all(trial.path)


@case("embeddings touched, of any size", "embeddings")
def _(trial: Trial) -> None:
    (trial.path / "given.h5").touch()
    trial.arguments = ("--max-checksum-file-size", "1000")


@case("another file above 1 MB touched, such as weights", "images", IMAGE_FEATURES)
def _(trial: Trial) -> None:
    (trial.path / "results/pretrained/images/flat/backbone.safetensors").touch()
    trial.arguments += ("--max-checksum-file-size", "1000")


@case(
    "`selected.csv` of a round deleted",
    "embeddings",
    Counter(select=2, train=2, score=1) + EVALUATION,
)
def _(trial: Trial) -> None:
    (trial.path / "results/trial/entropy/seed0/round01/selected.csv").unlink()


@case("a figure deleted", "embeddings", Counter(figure=1))
def _(trial: Trial) -> None:
    (trial.path / "results/trial/figures/imbalance.pdf").unlink()


@case("the folder `.snakemake` deleted", "embeddings")
def _(trial: Trial) -> None:
    shutil.rmtree(trial.path / ".snakemake")
    trial.put(9, "budget")


# Code.
@case("comments and docstrings of the whole library", "images")
def _(trial: Trial) -> None:
    for file in trial.library.rglob("*.py"):
        text = file.read_text()
        file.write_text(text.replace('"""', '"""Indeed: ', 1) + "\n\n# A comment.\n")


@case("a comment in your strategy or backbone", "images")
def _(trial: Trial) -> None:
    trial.edit("mine.py", "\n\n\n", "\n\n# A comment.\n")
    trial.edit("backbone.py", "One layer.", "Two layers.")


@case("a fresh clone of the repository", "images")
def _(trial: Trial) -> None:
    touch_all(trial.repository)


@case("a new module that no other module imports", "images")
def _(trial: Trial) -> None:
    (trial.library / "heads/newest.py").write_text("from activepool.heads import sgd\n")


code("io/files.py", "images", EVERY_IMAGE_JOB, "a module that every stage imports, such as `io/files.py`")
code("pretraining/simclr.py", "images", IMAGE_PRETRAINING)
code("heads/lbfgs.py", "embeddings", NEW_HEADS)
code("strategies/base.py", "embeddings", Counter(select=4, score=2, train=4) + EVALUATION)
code("diversity/kcenter.py", "embeddings", Counter(select_with_state=4, train=4) + EVALUATION)
code("figures/panels.py", "embeddings", ALL_FIGURES + Counter(feature_map=1, costs=1))
code("figures/drawings/imbalance.py", "embeddings", Counter(figure=1), "a module of `figures/drawings`")
code("figures/tables/final.py", "embeddings", Counter(table=1), "a module of `figures/tables`")


@case("the file of your strategy", "images", Counter(select=1, train=1, curves=1))
def _(trial: Trial) -> None:
    trial.edit("mine.py", "[::step]", "[step:]")


@case("the file of your backbone", "images", IMAGE_PRETRAINING)
def _(trial: Trial) -> None:
    trial.edit("backbone.py", "(0.5,), (0.5,)", "(0.4,), (0.5,)")


@case("the shell command of a rule", "embeddings", Counter(curves=1, costs=1) + DRAWN)
def _(trial: Trial) -> None:
    replace(
        trial.repository / "workflow/rules/evaluation.smk", 'program("curves")', '"nice " + program("curves")'
    )


@case("comments, log or resources in a rule", "embeddings")
def _(trial: Trial) -> None:
    rules = trial.repository / "workflow/rules/linear_evaluation.smk"
    replace(
        rules,
        "    resources:\n",
        "    # More than one.\n    threads: 2\n    resources:\n        disk_mb=10,\n",
    )
    replace(rules, ".train.log", ".training.log")


@case("versions of packages in `envs/`", "embeddings")
def _(trial: Trial) -> None:
    for name in ("requirements.lock", "activepool.yaml"):
        replace(trial.repository / "envs" / name, "numpy==", "numpy==9.")
