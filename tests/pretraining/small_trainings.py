"""Trainings of a few steps, which tests may kill."""

from activepool.backbones.settings import BackboneSettings
from activepool.pretraining.moco import MoCo
from activepool.pretraining.settings import MocoSettings, SimclrSettings
from activepool.pretraining.simclr import SimCLR
from activepool.pretraining.training import pretrain

BACKBONE = BackboneSettings(name="small", image_size=8)
SETTINGS = SimclrSettings(epochs=4, batch_size=8, warmup_epochs=1, augmentation="digits", projection_width=8)
#: The queue is no multiple of the batches, so that these meet its end in their middle.
MOCO = MocoSettings(
    epochs=4, batch_size=8, augmentation="digits", projection_width=8, queue=21, batch_norm_groups=2
)


def run(folder, dataset, settings=SETTINGS, backbone=BACKBONE, **options):
    folder.mkdir(exist_ok=True)
    output, log = folder / "backbone.safetensors", folder / "pretrain.csv"
    pretrain(dataset, backbone, settings, output, log, **options)
    return output.read_bytes(), log.read_bytes()


class Killed(BaseException):
    pass


def kill_after(monkeypatch, calls):
    """Let the loss fail after ``calls`` calls, as a kill in the middle of an epoch would."""
    count = iter(range(calls))

    def failing(loss):
        def loss_or_end(*arguments):
            if next(count, None) is None:
                raise Killed
            return loss(*arguments)

        return loss_or_end

    for method in (SimCLR, MoCo):
        monkeypatch.setattr(method, "loss", failing(method.loss))
