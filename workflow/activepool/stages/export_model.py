from typing import Annotated, Literal

from activepool.backbones.settings import BackboneSettings
from activepool.programs.stage import Input, Json, Output, stage


@stage
def export_model(
    head: Input,
    training: Input,
    features: Input,
    model: Output,
    backbone: Annotated[BackboneSettings, Json(BackboneSettings.parse)] | None = None,
    exif: Literal["ignore", "apply"] = "ignore",
) -> None:
    """Write the model of a project as one file, for `activepool.load_model`.

    Args:
        head: head.h5 of train_labelled
        training: training.json of the head
        features: features.h5, which describes the backbone
        model: model.safetensors to write
        backbone: JSON, as for the stage extract; by default, its name and no format of the checkpoint
        exif: whether the rotation in EXIF was applied to the images
    """
    from activepool.features.store import FeatureFile
    from activepool.labelling.models.backbone_reference import BackboneReference
    from activepool.labelling.models.named_head import read_facts, read_named_head
    from activepool.labelling.models.pool_model import write_model

    with FeatureFile(features) as file:
        facts = read_facts(training)
        named_head = read_named_head(head, facts, file.train.features.shape[1])
    write_model(model, named_head, facts, BackboneReference.from_features(features, backbone, exif))


if __name__ == "__main__":
    export_model.run()
