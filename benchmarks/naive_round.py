"""The input of the naive transcriptions: a round with all features in memory, and a limit of their loops."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass
class Limit:
    """Stops a loop of equal steps after some seconds, and estimates the time of the remaining steps.

    Attributes:
        seconds: time limit of a loop.
        unmeasured: estimated seconds of all steps left out.
        unmeasured_cpu: their seconds of CPU time, user and system.
    """

    seconds: float = float("inf")
    unmeasured: float = 0.0
    unmeasured_cpu: float = 0.0

    def loop(self, steps: Sequence[Any]) -> Iterator[Any]:
        """Yield the first step, and as many others as the seconds allow."""
        start, start_cpu = time.perf_counter(), time.process_time()
        for done, step in enumerate(steps):
            if done and self.seconds < float("inf"):
                if torch.cuda.is_initialized():
                    torch.cuda.synchronize()
                elapsed = time.perf_counter() - start
                if elapsed > self.seconds:
                    ratio = (len(steps) - done) / done
                    self.unmeasured += elapsed * ratio
                    self.unmeasured_cpu += (time.process_time() - start_cpu) * ratio
                    return
            yield step


@dataclass(frozen=True)
class Round:
    """The input of one round; tensors are on the device, index arrays are NumPy's.

    ``features`` (N, d) are those of the whole pool; the rest is as in `activepool.strategies.query.Query`.
    """

    budget: int
    unlabelled: np.ndarray
    labelled: np.ndarray
    labels: np.ndarray
    num_classes: int
    generator: np.random.Generator
    features: Tensor | None = None
    weight: Tensor | None = None
    bias: Tensor | None = None
    round_number: int = 1
    remaining_budget: int | None = None
    oracle_labels: np.ndarray | None = None
    prepared: dict[str, np.ndarray] = field(default_factory=dict)
    limit: Limit = field(default_factory=Limit)

    @property
    def pool(self) -> Tensor:
        """The features of the unlabelled pool, (n, d)."""
        return self.features[self.unlabelled]

    def probabilities(self) -> Tensor:
        """Return softmax(Wz + b) of the unlabelled pool, (n, C)."""
        return torch.softmax(self.pool @ self.weight.T + self.bias, dim=1)

    def margins(self) -> Tensor:
        """Return p₁ − p₂ of the unlabelled pool, (n,)."""
        top = self.probabilities().topk(2, dim=1).values
        return top[:, 0] - top[:, 1]
