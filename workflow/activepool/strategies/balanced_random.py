"""Class-balanced random sampling: an upper reference with perfect balance."""

import numpy as np

from activepool.data.allocation import Remainder, balanced_counts
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


@strategy(source="Emam et al. 2021, section 4", reads=("oracle_labels",), reads_labels=False)
def balanced_random(query: Query, *, remainder: Remainder = "first") -> Selection:
    """Equal numbers of each class, as far as the pool allows, at random within a class; reads all labels.

    Only the picks of this round are balanced. They come in random order, because their order has no meaning.

    Args:
        remainder: which classes get one more if the budget cannot be divided equally: the first ones or, as
            in the code of Emam et al., those with the most samples left.
    """
    labels = declared(query.oracle_labels)
    counts = balanced_counts(np.bincount(labels, minlength=query.num_classes), query.budget, remainder)
    picks = [
        query.generator.choice(query.unlabelled[labels == label], size=count, replace=False)
        for label, count in enumerate(counts)
    ]
    return Selection(query.generator.permutation(np.concatenate(picks)))
