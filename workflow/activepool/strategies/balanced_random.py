"""Class-balanced random sampling: what a perfect balance would bring."""

import numpy as np

from activepool.data.allocation import balanced_counts
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Emam et al. 2021, section 4", reads=("oracle_labels",), reads_labels=False)
def balanced_random(query: Query) -> Selection:
    """Equal numbers of each class, as far as the pool allows, at random within a class; reads all labels.

    Only the picks of this round are counted. Picks come in random order, since their order carries
    no meaning.
    """
    available = np.bincount(query.oracle_labels, minlength=query.num_classes)
    counts = balanced_counts(available, query.budget)
    picks = [
        query.generator.choice(query.unlabelled[query.oracle_labels == label], size=count, replace=False)
        for label, count in enumerate(counts)
    ]
    return Selection(query.generator.permutation(np.concatenate(picks)))
