import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any

from activepool.backbones.settings import BackboneSettings
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.heads.settings import FinetuneSettings, head_settings
from activepool.programs.stage import Device, Input, Json, Natural, Output, Workers, stage

if TYPE_CHECKING:
    from activepool.finetuning.training import RoundData


def _finetune_settings(
    recipe: dict[str, Any], network: str | None, checkpoint: str | None
) -> FinetuneSettings:
    """Return the settings of a recipe; raises InputError if they do not fit the files."""
    settings = head_settings(recipe)
    if not isinstance(settings, FinetuneSettings):
        raise InputError(f"recipe: solver {settings.solver!r} trains no network; it must be finetune")
    if network is None and not settings.freeze_backbone:
        raise InputError("finetune: the network needs a file; give --network")
    if network is not None and settings.freeze_backbone:
        raise InputError("finetune: freeze_backbone leaves the network as it is; leave out --network")
    if settings.from_scratch and checkpoint:
        raise InputError("recipe: from_scratch starts from random weights; leave out the checkpoint")
    return settings


def _fingerprint(
    data: "RoundData", recipe: dict[str, Any], backbone: dict[str, Any], dataset: str, checkpoint_digest: str
) -> str:
    """Return an identifier of this training, so that it never resumes from another training's state."""
    from activepool.io.files import file_digest

    sets = [part.tolist() for part in (data.labelled.rows, data.labelled.labels, data.validation.rows)]
    identity = {
        "settings": [recipe, backbone, data.seed, data.round_number],
        "dataset": file_digest(dataset),
        "checkpoint": checkpoint_digest,
        "sets": hashlib.sha256(json.dumps(sets).encode()).hexdigest(),
    }
    return json.dumps(identity, sort_keys=True)


@stage(in_processes=True)
def finetune(
    dataset: Input,
    validation: Input,
    labelled: Input,
    recipe: Annotated[dict[str, Any], Json()],
    backbone: Annotated[dict[str, Any], Json()],
    seed: Natural,
    round: Natural,
    head: Output,
    metrics: Output,
    curve: Output,
    network: Output | None = None,
    checkpoint: Input | None = None,
    annotations: str | None = None,
    device: Device = "auto",
    workers: Workers = 1,
) -> UsedLabels | None:
    """Train the whole network of a round on its labelled images and evaluate it on the test set.

    Several processes, started by --processes or by torchrun, train together, each on a GPU of its own.

    Args:
        dataset: dataset.h5
        validation: validation.csv: rows that choose the best epoch
        labelled: labelled.csv: the labelled set
        recipe: JSON: solver finetune, and its options
        backbone: JSON, as for the stage extract
        seed: seed of the run
        round: number of the round, from 0
        head: head.h5 to write
        metrics: metrics.json to write
        curve: CSV of loss and accuracies per epoch to write
        network: safetensors file of the backbone's weights to write; none if they are frozen
        checkpoint: .safetensors, .pt or .pth file; without one, the backbone's own weights, or random ones
        annotations: CSV of labels that came after dataset.h5
    """
    import pandas as pd

    from activepool.backbones.checkpoint import load_backbone, save_weights
    from activepool.compute.blocks import Compute
    from activepool.compute.seeds import integer_seed
    from activepool.compute.workers import reading_workers
    from activepool.data.label_file import LabelFile
    from activepool.data.round_samples import Labelled, read_round_samples
    from activepool.evaluation.round_metrics import round_metrics
    from activepool.features.images import PartImages, image_channels
    from activepool.finetuning.classifier import features_of
    from activepool.finetuning.training import RoundData
    from activepool.finetuning.training import finetune as finetune_network
    from activepool.heads.linear import write_trained_head
    from activepool.io.files import write_json, write_table
    from activepool.io.training_state import StateFile, state_path
    from activepool.parallel.distributed import join_processes

    head_recipe = _finetune_settings(recipe, network, checkpoint)
    network_settings = BackboneSettings.parse(backbone)
    with join_processes(device) as processes:
        readers = reading_workers(workers, processes.count)
        with LabelFile(dataset) as file:
            samples = read_round_samples(file, validation, labelled, annotations)
            test, class_names = Labelled.known(file.test.labels), file.class_names
        data = RoundData(dataset, samples.labelled, samples.validation, len(class_names), seed, round)
        channels = network_settings.channels or image_channels(dataset)
        random_seed = integer_seed(seed, round, "finetune/backbone") if head_recipe.from_scratch else None
        trunk, digest = load_backbone(network_settings, channels, checkpoint, random_seed)
        state = StateFile(state_path(network or head), _fingerprint(data, recipe, backbone, dataset, digest))
        trained_head = finetune_network(trunk, data, head_recipe, state, processes, readers)
        if not processes.is_main:
            return None
        test_images = PartImages(dataset, "test", trunk.preprocessing)
        rows = features_of(trunk, test_images, test, processes.device, readers)
        results = round_metrics(trained_head, rows, data.labelled.labels, class_names, Compute())
    round_facts = {"seed": seed, "round": round, "unlabelled": len(samples.unlabelled)}
    write_table(curve, pd.DataFrame(trained_head.history))
    if network is not None:
        save_weights(network, trunk, {"backbone": backbone, "head": recipe, **round_facts})
    write_trained_head(head, trained_head)
    write_json(metrics, results | round_facts)
    state.remove()
    return samples.used_labels


if __name__ == "__main__":
    finetune.run()
