"""Checks for unreadable images, so that no extraction fails on one after hours.

There are two depths, because reading all of ImageNet costs 140 GB and much of an extraction's time:

- ``stop`` reads the header, a few kilobytes: it checks that the file exists, is not empty, and begins like
  an image of a known format. The extraction stops at images with damage after the header, and names them.
- ``skip`` decodes the whole image, as the extraction does: unreadable images must leave the dataset before
  its rows are numbered, so the extraction must not find any.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from activepool.compute.blocks import Compute, row_blocks
from activepool.data.image_files import decode_image, read_header, reading_problem, without_warnings
from activepool.data.image_notices import beginning_digest, copy_notices, turn_notice
from activepool.data.packed_images import Place
from activepool.data.samples import Samples, require_samples, with_notice
from activepool.errors import InputError, first_lines

#: Images that a thread checks before it reports progress.
BLOCK_IMAGES = 64


class _CheckResult(NamedTuple):
    """Whether EXIF rotates an image, and its `beginning_digest`; or why it is unreadable."""

    is_turned: bool = False
    beginning: bytes = b""
    problem: str | None = None


def drop_unreadable(
    samples: Samples, on_unreadable: str, workers: int, reasons: Mapping[str, str] | None = None
) -> tuple[Samples, pd.DataFrame]:
    """Check every image of a dataset of files, and leave out those that cannot be read.

    The number of ``workers``, threads, changes no result. The ``reasons`` why images could not be fetched, by
    their URLs, say more than the check.

    Returns: the samples without unreadable images, with notices of these, of rotations in EXIF, and of images
    that occur twice; and a table of the unreadable images with the columns path and reason. Raises:
    InputError for ``stop`` with a line for each of the first unreadable images; and if no train or test
    sample is left.
    """
    check = _decode if on_unreadable == "skip" else read_header
    with without_warnings():
        results = {name: _check_part(samples, name, check, workers) for name in samples.parts}
    unreadable = [
        (
            place := str(samples.image_place(samples.parts[name].paths[row])),
            (reasons or {}).get(place, result.problem),
        )
        for name, part_results in results.items()
        for row, result in enumerate(part_results)
        if result.problem is not None
    ]
    table = pd.DataFrame(unreadable, columns=["path", "reason"])
    if on_unreadable == "stop" and unreadable:
        remedy = "repair or remove it, or set on_unreadable: skip"
        lines = [f"{path}: not a readable image ({reason}): {remedy}" for path, reason in unreadable]
        raise InputError(*first_lines(list(dict.fromkeys(lines)), samples.name))
    beginnings = {
        name: [result.beginning for result in part_results] for name, part_results in results.items()
    }
    samples = replace(samples, notices=(*samples.notices, *copy_notices(samples, beginnings)))
    if unreadable:
        is_readable = {
            name: np.array([result.problem is None for result in part_results], dtype=bool)
            for name, part_results in results.items()
        }
        train, test = (part.take(is_readable[name]) for name, part in samples.parts.items())
        (path, reason), dots = unreadable[0], ", ..." * (len(unreadable) > 1)
        notice = f"not taken: unreadable images: {len(unreadable):,} ({path}: {reason}{dots})"
        samples = with_notice(replace(samples, train=train, test=test), f"{samples.name}: {notice}")
    require_samples(samples.train.labels, samples.test.labels)
    num_turned = sum(result.is_turned for part_results in results.values() for result in part_results)
    return with_notice(samples, turn_notice(samples, num_turned)), table


def _check_part(
    samples: Samples, name: str, check: Callable[[Place], bool], workers: int
) -> list[_CheckResult]:
    part = samples.parts[name]
    if part.images is not None:
        return []

    def check_block(rows: slice) -> list[_CheckResult]:
        return [_result(check, samples.image_place(path)) for path in part.paths[rows]]

    results: list[_CheckResult] = []
    with tqdm(total=len(part), desc=f"check {name} images", unit="image", disable=None) as progress:
        for block in Compute(workers=workers).map(check_block, row_blocks(len(part), BLOCK_IMAGES)):
            results += block
            progress.update(len(block))
    return results


def _decode(path: Place) -> bool:
    decode_image(path, "RGB")
    return read_header(path)


def _result(check: Callable[[Place], bool], path: Place) -> _CheckResult:
    try:
        return _CheckResult(is_turned=check(path), beginning=beginning_digest(path))
    except Exception as error:
        return _CheckResult(problem=reading_problem(path, error))
