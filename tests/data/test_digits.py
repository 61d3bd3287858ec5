import numpy as np
from sklearn.datasets import load_digits

from activepool.data import digits


def test_every_image_is_there_once_with_its_label():
    samples, original = digits.load(), load_digits()
    rows = []
    for part in samples.parts.values():
        source_rows = np.array([int(source.removeprefix("digits/")) for source in part.sources])
        assert part.images.shape == (len(part), 8, 8, 1)
        assert part.images.dtype == np.uint8
        np.testing.assert_array_equal(np.rint(part.images[..., 0] / 255 * 16), original.images[source_rows])
        np.testing.assert_array_equal(part.labels, original.target[source_rows])
        rows += source_rows.tolist()
    assert sorted(rows) == list(range(1797))
    assert max(part.images.max() for part in samples.parts.values()) == 255


def test_a_quarter_of_each_class_is_for_the_test():
    counts = np.bincount(load_digits().target)
    assert np.bincount(digits.load().test.labels).tolist() == (counts // 4).tolist()
