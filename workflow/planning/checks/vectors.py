"""A check of the features of embeddings, before any job. It reads them once, as long as their files stay."""

import json
import math

from activepool.data.embedding_files import opened
from activepool.data.embeddings import feature_problems
from planning.configuration.datasets import Embeddings
from planning.stages.contents import cache_file, content_digest, embedding_options, store

#: Settings that name files of features, and those that say which of their arrays are read.
FEATURE_FILES, ARRAY_SETTINGS = ("path", "test_features"), ("array", "label_array", "source_array")

#: Features of a part beyond which only the job reads them: it takes about six seconds to check so many.
MAX_VALUES = 10**9


def vector_problems(dataset: Embeddings) -> list[str]:
    """Return a line for each part with features that are not finite, or that float32 cannot compute with.

    Returns no line if there are too many to read twice; the job checks them, too.
    Raises: InputError if the files cannot be opened.
    """
    options = embedding_options(dataset)
    features = {key: content_digest(options[key]) for key in FEATURE_FILES if key in options}
    arrays = {key: options[key] for key in ARRAY_SETTINGS if key in options}
    usable = cache_file(json.dumps(["usable features", features, arrays]))
    if usable.exists():
        return []
    with opened(**options) as files:
        parts = filter(None, (files.train, files.test))
        if any(math.prod(part.features.shape) > MAX_VALUES for part in parts):
            return []
        problems = list(feature_problems(files))
    if not problems:
        store(usable, {"usable": True})
    return problems
