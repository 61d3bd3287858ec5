from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from activepool.compute.blocks import Compute
from activepool.programs.stage import Count, Input, Natural, Output, stage


@stage
def train_on_images(
    strategy: str,
    dataset: Input,
    validation: Input,
    labelled: Input,
    seed: Natural,
    round: Count,
    model: Output,
    metrics: Input | None = None,
    options: Mapping[str, Any] = {},
    compute: Compute = Compute(),
) -> None:
    """Train a strategy's own model on the images of a round.

    Args:
        strategy: name of a strategy, or file.py:function
        dataset: dataset.h5
        validation: validation.csv: rows outside the pool
        labelled: labelled.csv of the previous round
        seed: seed of the run
        round: number of the round that trains on the picks, from 1
        model: safetensors file of the model's weights to write
        metrics: metrics.json of the previous round, for a model that takes as many steps as the head
        options: JSON: the options of the strategy for this stage
    """
    from activepool.backbones.checkpoint import write_tensors
    from activepool.errors import InputError
    from activepool.features.image_round import ImageRound
    from activepool.io.files import read_json
    from activepool.io.training_state import state_path
    from activepool.strategies.registry import find_strategy

    declaration = find_strategy(strategy, options).in_round(round)
    images = ImageRound.read(dataset, validation, labelled, seed, round, compute)
    if metrics is not None:
        head_metrics = read_json(metrics)
        steps = head_metrics.get("iterations") if isinstance(head_metrics, dict) else None
        if not isinstance(steps, int):
            raise InputError(f"{metrics}: must hold 'iterations', the number of steps that trained the head")
        images = replace(images, head_steps=steps)
    state = state_path(model)
    write_tensors(model, declaration.train_on_images(images, state, options))
    state.unlink(missing_ok=True)


if __name__ == "__main__":
    train_on_images.run()
