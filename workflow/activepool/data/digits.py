"""Handwritten digits: 1,797 grey images of 8 x 8 pixels that come with scikit-learn."""

import numpy as np

from activepool.data.allocation import rank_within_class
from activepool.data.previews import Preview
from activepool.data.samples import Part, Samples

CLASS_NAMES = [str(digit) for digit in range(10)]

#: Every fourth image of a class, in the order of the original, is a test image.
TEST_EVERY = 4

#: Images of each class, for preview(): importing scikit-learn would take a second.
CLASS_COUNTS = np.array([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])

#: The largest value of a pixel in the original.
MAX_INTENSITY = 16


def load() -> Samples:
    """Read the digits as uint8 images (n, 8, 8, 1), their 17 grey levels spread over 0..255.

    They are the test part of UCI's "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998).
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    part = Part(
        labels=digits.target.astype(np.int64),
        sources=np.array([f"digits/{row}" for row in range(len(digits.target))], dtype=object),
        images=np.rint(digits.images[..., np.newaxis] * (255 / MAX_INTENSITY)).astype(np.uint8),
    )
    is_test = rank_within_class(part.labels) % TEST_EVERY == TEST_EVERY - 1
    return Samples(part.take(~is_test), part.take(is_test), CLASS_NAMES)


def preview() -> Preview:
    """Return the known counts."""
    test_counts = CLASS_COUNTS // TEST_EVERY
    train_counts = CLASS_COUNTS - test_counts
    return Preview(train_counts, int(train_counts.sum()), int(test_counts.sum()), CLASS_NAMES)
