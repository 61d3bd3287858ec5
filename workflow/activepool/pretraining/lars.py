"""LARS: Large Batch Training of Convolutional Networks (You et al. 2017), as SimCLR uses it."""

from collections.abc import Iterable
from typing import Any

import torch

#: η of the paper: the part of the weights' norm that a step of learning rate 1 may change.
TRUST = 0.001


class Lars(torch.optim.Optimizer):
    """Stochastic gradient descent with steps proportional to each tensor's norm.

    For weights w with gradient g (You et al. 2017, equations 4 to 6, algorithm 1):
    g ← g + weight_decay · w;  λ = η ‖w‖ / ‖g‖;  v ← momentum · v + learning_rate · λ · g;  w ← w − v.

    λ is 1 if one of the norms is 0, and in groups of parameters with ``adapted: False``, such as biases. Each
    step sets the learning rate ``lr`` again.
    """

    def __init__(self, params: Iterable[dict[str, Any]], lr: float = 0.0, momentum: float = 0.9) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": 0.0, "adapted": True})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override] # no training here has a closure
        """Make one step with the present gradients."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is not None:
                    self._step(weights, weights.grad, group)

    def _step(self, weights: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        gradient = gradient.add(weights, alpha=group["weight_decay"])
        if group["adapted"]:
            size, slope = weights.norm(), gradient.norm()
            # A branch on values would make a GPU wait.
            trust = torch.where((size > 0) & (slope > 0), TRUST * size / slope, torch.ones_like(size))
            gradient = trust * gradient
        state = self.state[weights]
        if not state:
            state["velocity"] = torch.zeros_like(weights)
        velocity = state["velocity"].mul_(group["momentum"]).add_(gradient, alpha=group["lr"])
        weights.sub_(velocity)
