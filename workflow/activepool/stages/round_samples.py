"""What the stages that train a round share: labelled set and validation split, checked, with labels."""

import argparse
from typing import NamedTuple

import numpy as np

from activepool.data.annotations import UNLABELABLE
from activepool.data.label_file import LabelFile
from activepool.data.labels import UsedLabels, known_labels, used_labels
from activepool.data.pool import unlabelled_pool
from activepool.errors import InputError
from activepool.io.index_files import read_index
from activepool.stages.parsing import StageParser, natural


class Labelled(NamedTuple):
    """Rows of the train part, and their labels, each (n,) int64."""

    rows: np.ndarray
    labels: np.ndarray


class RoundSamples(NamedTuple):
    """The labelled set, the validation split, the rows (n,) that are in neither, and the annotations used.

    Picks that cannot be labelled are in none of the three.
    """

    labelled: Labelled
    validation: Labelled
    unlabelled: np.ndarray
    used: UsedLabels | None


def add_round_sample_arguments(parser: StageParser) -> None:
    """Add the arguments that `read_round_samples` reads, and which round it is."""
    parser.add_input("--validation", required=True, help="validation.csv: rows that choose what is kept")
    parser.add_input(
        "--labelled", nargs="+", required=True, help="index files that together are the labelled set"
    )
    parser.add_argument("--annotations", help="CSV of labels that came after the samples were listed")
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_argument("--round", type=natural, required=True, help="from 0")


def read_round_samples(arguments: argparse.Namespace, file: LabelFile) -> RoundSamples:
    """Return the samples that ``--labelled``, ``--validation`` and ``--annotations`` name.

    Raises InputError if a set is empty, names rows that are not there or are in both, or lacks a label.
    """
    labelled, validation = read_index(*arguments.labelled), read_index(arguments.validation)
    unlabelled = unlabelled_pool(len(file.train.labels), validation, labelled)
    rows, annotations = np.concatenate([labelled, validation]), arguments.annotations
    labels = known_labels(file, rows, annotations)
    return RoundSamples(
        _of_known_class(labelled, labels[: len(labelled)], arguments.labelled[0]),
        _of_known_class(validation, labels[len(labelled) :], arguments.validation),
        unlabelled,
        used_labels(file, rows, labels, annotations),
    )


def _of_known_class(rows: np.ndarray, labels: np.ndarray, path: str) -> Labelled:
    known = labels != UNLABELABLE
    if not known.any():
        what = "no row that can be labelled" if rows.size else "no rows"
        raise InputError(f"{path}: has {what}; a head needs at least one labelled and one validation sample")
    return Labelled(rows[known], labels[known])
