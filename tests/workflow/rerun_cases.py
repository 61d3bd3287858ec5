"""How a change of docs/reruns.md is declared, with the jobs that it reruns."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rerun_trials import Trial

from activepool.figures.registry import FIGURES, TABLES

Change = Callable[[Trial], object]


@dataclass(frozen=True)
class Case:
    """A change, the finished run that it is made to (``embeddings`` or ``images``), and what it reruns."""

    run: str
    change: Change
    jobs: Counter[str]


#: What is made of all rounds; in the run on images curves.csv is the last target.
ALL_FIGURES = Counter(figure=len(FIGURES))
DRAWN = ALL_FIGURES + Counter(table=len(TABLES))
EVALUATION = Counter(curves=1, selections=1, costs=1, feature_map=1) + DRAWN

#: The feature map shows the first seed alone.
EVALUATION_OF_OTHER_SEEDS = EVALUATION - Counter(feature_map=1)

# The run on embeddings: 5 strategies (entropy and base are scored, coreset keeps a state), 2 seeds, 3 rounds.
QUERIES = Counter(select=16, select_with_state=4)
SPLITS = Counter(validation=2, initial_labelled=2)
ROUNDS = Counter(train=22, score=8) + QUERIES + EVALUATION
NEW_HEADS = Counter(train=22, score=8, select=8) + EVALUATION
EVERYTHING = Counter(embeddings=1, projection=1) + SPLITS + ROUNDS

# The run on images: 3 strategies (cluster_margin is scored and prepares), 1 seed, 2 rounds.
IMAGE_ROUNDS = Counter(prepare=1, score=1, select=2, train=4, curves=1)
IMAGE_FEATURES = Counter(extract=1, gather=1) + IMAGE_ROUNDS
IMAGE_PRETRAINING = Counter(pretrain=1, figure_pretraining=1) + IMAGE_FEATURES
EVERY_IMAGE_JOB = Counter(dataset=1, validation=1, initial_labelled=1, select=1) + IMAGE_PRETRAINING

CASES: dict[str, Case] = {}


def case(row: str, run: str, jobs: Counter[str] | None = None) -> Callable[[Change], Change]:
    """Declare the decorated function as the change of a row of the table; by default it reruns nothing."""

    def declare(change: Change) -> Change:
        assert row not in CASES
        CASES[row] = Case(run, change, jobs or Counter())
        return change

    return declare


def put(row: str, run: str, keys: str, value: object, jobs: Counter[str] | None = None) -> None:
    """Declare a row in which a value is put at dotted keys of the configuration."""
    case(row, run, jobs)(lambda trial: trial.put(value, *keys.split(".")))


def code(module: str, run: str, jobs: Counter[str], row: str | None = None) -> None:
    """Declare a row in which a module of the library is changed."""
    case(row or f"`{module}`", run, jobs)(lambda trial: trial.change_code(module))


def arguments(row: str, *values: str) -> None:
    """Declare a row in which options are added to the command."""

    def change(trial: Trial) -> None:
        trial.arguments += values

    case(row, "embeddings")(change)
