from functools import partial
from typing import Annotated, Any

from activepool.programs.messages import print_notices
from activepool.programs.stage import Json, Output, stage

#: The keys of the source that name files.
FILES = ("path", "labels", "test_features", "test_labels")

SOURCE = Json(files=lambda source: [source[key] for key in FILES if source.get(key)])


@stage
def embeddings(source: Annotated[dict[str, Any], SOURCE], features: Output) -> None:
    """Check existing embeddings and copy them into features.h5.

    Args:
        source: JSON: {"path": ..., "labels", "test_features", "test_labels", "test_fraction", "class_names",
            "imbalance": {"kind", "factor", "seed"}, "fraction", "array", "label_array", "source_array"}; only
            path is required
        features: features.h5 to write
    """
    from activepool.data.embeddings import write_features
    from activepool.data.settings import call_with_options

    print_notices(call_with_options("embeddings", partial(write_features, features), source))


if __name__ == "__main__":
    embeddings.run()
