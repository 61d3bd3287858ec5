"""The notice of what a listing leaves out."""

from collections import Counter
from pathlib import Path

from activepool.data.omissions import Omissions


def test_photographs_that_pillow_cannot_read_are_called_so():
    (line,) = Omissions(endings=Counter({".heic": 2, ".hif": 1, ".txt": 1})).notices(Path("photos"))
    assert line == (
        "photos: not taken: of endings that name no image format: 1 (.txt 1); "
        "images that Pillow cannot read here (convert them to JPEG): 3 (.heic 2, .hif 1)"
    )
