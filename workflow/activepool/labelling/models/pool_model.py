"""model.safetensors: the model of a project in one file, and how to use it.

Tensors: ``weight`` (C, d) and ``bias`` (C,), float32. The metadata has one entry, ``activepool``, in JSON:
the ``version`` of activepool, ``class_names``, facts about the training (`TrainingFacts`: ``labels``,
``temperature``, ...), and ``backbone`` (`BackboneReference`; null for a user's own features).
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import activepool
from activepool.api.arrays import Features, feature_matrix, to_compute
from activepool.api.heads import Head
from activepool.compute.arrays import FloatArray
from activepool.compute.devices import resolve_device
from activepool.errors import InputError, importing, one_line
from activepool.io.files import written_whole
from activepool.labelling.models.named_head import TrainingFacts
from activepool.labelling.models.predictions import predict_pool

if TYPE_CHECKING:
    from activepool.labelling.models.backbone_reference import BackboneReference, Images

#: The entry of the metadata. There is only one: safetensors writes several in an order that changes.
ENTRY = "activepool"


class NamedPredictions(NamedTuple):
    """Predictions for n images, as in predictions.csv: the names of classes, (n,), and their probabilities.

    ``probability`` is calibrated, and ``margin`` is the difference between the two largest; (n,) float32.
    """

    predicted: np.ndarray
    probability: FloatArray
    margin: FloatArray


@dataclass(frozen=True, eq=False)
class PoolModel:
    """The model of a project.

    Attributes:
        head: its linear head; ``head.predict_proba(features, calibrated=True)`` gives all probabilities.
        backbone: that extracts features from images; None if the features were a user's own vectors.
        version: of activepool at the time of writing.
    """

    head: Head
    facts: TrainingFacts
    backbone: "BackboneReference | None"
    version: str

    def predict(
        self,
        images: "Images",
        *,
        checkpoint: str | Path | None = None,
        device: str = "auto",
    ) -> NamedPredictions:
        """Predict the classes of images.

        Args:
            images: paths, Pillow images, or uint8 arrays (H, W) or (H, W, 1 or 3). The EXIF rotation of a
                file is applied if it was applied in the pool; images and arrays are not rotated.
            checkpoint: the weights of the backbone, the same file as in the pool.
            device: the device of the backbone: cpu, cuda, cuda:N, or auto.

        Raises: InputError for other weights, and for an image that cannot be read.
        """
        if self.backbone is None:
            raise InputError("the model was trained on vectors and knows no backbone; use predict_features")
        resolved_device, network = resolve_device(device), self.backbone.load(checkpoint)
        return self.predict_features(self.backbone.features_of(images, network, resolved_device))

    def predict_features(self, features: Features) -> NamedPredictions:
        """Predict the classes of rows of ``features`` (n, d), in the pool's own way, bit for bit."""
        matrix, width = feature_matrix(features), self.head.weight.shape[1]
        if matrix.shape[1] != width:
            raise InputError(f"the model is for features of width {width}, these have {matrix.shape[1]}")
        predictions = predict_pool(matrix, self.head, to_compute(None, None, features))
        names = self.head.classes[predictions.predicted]
        return NamedPredictions(names, predictions.probability, predictions.margin)


def write_model(
    path: str | Path, head: Head, facts: TrainingFacts, backbone: "BackboneReference | None"
) -> None:
    """Write model.safetensors."""
    from safetensors.numpy import save

    metadata = {
        **asdict(facts),
        "version": activepool.__version__,
        "class_names": head.classes.tolist(),
        "backbone": backbone and backbone.as_json(),
    }
    content = save({"weight": head.weight, "bias": head.bias}, {ENTRY: json.dumps(metadata, sort_keys=True)})
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def load_model(path: str | Path) -> PoolModel:
    """Read model.safetensors; raises InputError if it is not such a file."""
    with importing("safetensors", f"{path}: reading it needs"):
        from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            metadata = json.loads(file.metadata()[ENTRY])
            weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
        facts = TrainingFacts(**{field.name: metadata[field.name] for field in fields(TrainingFacts)})
        backbone, names, version = metadata["backbone"], metadata["class_names"], metadata["version"]
        if backbone is not None:
            from activepool.labelling.models.backbone_reference import BackboneReference

            backbone = BackboneReference.parse(backbone)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a model that export_model wrote ({one_line(error)})") from error
    return PoolModel(facts.head(weight, bias, names), facts, backbone, version)
