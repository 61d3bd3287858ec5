"""What a user of the library has in a session: features, labels, some of them known."""

import numpy as np
from queries import REQUIRED_OPTIONS, Problem

from activepool.strategies.registry import builtin_strategies

#: Options that a strategy cannot do without.
OPTIONS = REQUIRED_OPTIONS

#: The strategies that pick from features alone.
STRATEGIES = [name for name, strategy in builtin_strategies().items() if not strategy.image_model]

PROBLEM = Problem(3, size=173, width=6, classes=5, labelled=31)
FEATURES, LABELS, LABELLED = PROBLEM.features, PROBLEM.labels, PROBLEM.labelled
HEAD = (PROBLEM.head.weight, PROBLEM.head.bias)

#: All labels as a user has them during the work: -1 where they are not known.
KNOWN_LABELS = np.full(len(LABELS), -1)
KNOWN_LABELS[LABELLED] = LABELS[LABELLED]
