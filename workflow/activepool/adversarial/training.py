"""Training of VAAL's two networks against each other.

In every step the autoencoder learns to restore a batch of labelled and a batch of unlabelled images, and to
deceive the discriminator into calling all codes labelled; then the discriminator learns to tell the codes
apart (Sinha et al. 2019, algorithm 1). No class label is read. The images stream from dataset.h5; memory
holds the networks and a few batches.
"""

import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Adam

from activepool.adversarial.images import batches
from activepool.adversarial.losses import deceiving_loss, discriminator_loss, variational_loss
from activepool.adversarial.networks import Networks
from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.execution import reproducible
from activepool.compute.seeds import generator, integer_seed
from activepool.errors import InputError
from activepool.features.image_round import ImageRound
from activepool.features.images import Request, image_channels
from activepool.io.files import file_digest
from activepool.io.training_state import StateFile

#: Number of steps between two saves of the training's state and reports of its losses.
SAVE_INTERVAL = 200


def train_adversary(
    images: ImageRound, settings: AdversarialSettings, state: str | Path
) -> dict[str, Tensor]:
    """Train on one round's labelled and unlabelled images; return the weights of both networks.

    A killed run resumes from the file ``state`` and ends with the same bits. The caller removes that file
    once the weights are safe.

    Raises: InputError for an image that cannot be read, and if a loss is not finite.
    """
    fingerprint = {
        "settings": asdict(settings),
        "dataset": file_digest(images.dataset),
        "seed": [images.seed, images.round_number],
        "labelled": hashlib.sha256(images.labelled.tobytes()).hexdigest(),
        "unlabelled": hashlib.sha256(images.unlabelled.tobytes()).hexdigest(),
    }
    with reproducible(settings.threads):
        training = AdversarialTraining(images, settings)
        training.run(StateFile(Path(state), json.dumps(fingerprint, sort_keys=True)))
    return training.networks.state_dict()


class AdversarialTraining:
    """A training in progress.

    Attributes:
        networks: the autoencoder and the discriminator, on the device.
        step: number of steps done.
    """

    def __init__(self, images: ImageRound, settings: AdversarialSettings) -> None:
        self._images = images
        self._settings = settings
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self._seed("weights"))
            self.networks = Networks.untrained(settings, image_channels(images.dataset), images.device)
        self._optimizers = {
            "autoencoder": Adam(self.networks.autoencoder.parameters(), settings.learning_rate),
            "discriminator": Adam(
                self.networks.discriminator.parameters(), settings.discriminator_learning_rate
            ),
        }
        steps = math.ceil(len(images.labelled) * settings.epochs / settings.batch_size)
        # Without unlabelled images there is nothing to learn.
        self._steps = steps if len(images.unlabelled) else 0
        self.step = 0

    def run(self, state: StateFile) -> None:
        """Train to the last step, from where ``state`` left off."""
        self._restore(state.read())
        requests = islice(self._requests(), self.step, self._steps)
        started = time.perf_counter()
        self.networks.train()
        for batch in batches(self._images, self._settings, requests):
            losses = self._train_step(batch)
            self.step += 1
            if self.step % SAVE_INTERVAL == 0 or self.step == self._steps:
                self._report(losses, time.perf_counter() - started)
                state.write(self._state())

    def _requests(self) -> Iterator[Request]:
        """Yield endless batches of labelled rows, each followed by as many unlabelled ones."""
        labelled = self._shuffled(self._images.labelled, "labelled")
        unlabelled = self._shuffled(self._images.unlabelled, "unlabelled")
        size = self._settings.batch_size
        while True:
            yield Request(np.fromiter((*islice(labelled, size), *islice(unlabelled, size)), dtype=np.int64))

    def _shuffled(self, rows: np.ndarray, purpose: str) -> Iterator[np.int64]:
        """Yield rows endlessly, all of them before any repeats."""
        draws = generator(self._images.seed, self._images.round_number, f"vaal/{purpose}")
        while True:
            yield from draws.permutation(rows)

    def _train_step(self, images: Tensor) -> Tensor:
        """Train both networks for one step on images (2 B, C, S, S) in -1..1; return the two losses, (2,).

        Labelled and unlabelled images pass together, so that batch normalisation treats both alike, as in
        scoring.
        """
        settings, networks = self._settings, self.networks
        reconstruction, code = networks.autoencoder(images, self._noise(len(images)))
        # The means over the two halves of equation 1 add up to twice the mean over both.
        restoring = 2 * variational_loss(images, reconstruction, code, settings.beta)
        deceiving = deceiving_loss(*networks.discriminator(code.mean).chunk(2))
        autoencoder_loss = restoring + settings.adversary_weight * deceiving
        self._update("autoencoder", autoencoder_loss)
        with torch.no_grad():
            code = networks.autoencoder.encode(images)
        separating = discriminator_loss(*networks.discriminator(code.mean).chunk(2))
        self._update("discriminator", separating)
        return torch.stack([autoencoder_loss, separating]).detach()

    def _update(self, network: str, loss: Tensor) -> None:
        optimizer = self._optimizers[network]
        optimizer.zero_grad()
        # This adds gradients to the other network as well; its own update clears them first.
        loss.backward()
        optimizer.step()

    def _noise(self, size: int) -> Tensor:
        draws = torch.Generator().manual_seed(self._seed(f"noise/{self.step}"))
        return torch.randn(size, self._settings.latent, generator=draws).to(self._images.device)

    def _seed(self, purpose: str) -> int:
        return integer_seed(self._images.seed, self._images.round_number, f"vaal/{purpose}")

    def _state(self) -> dict[str, Any]:
        optimizers = {name: optimizer.state_dict() for name, optimizer in self._optimizers.items()}
        return {"networks": self.networks.state_dict(), "optimizers": optimizers, "step": self.step}

    def _restore(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self.networks.load_state_dict(state["networks"])
        for name, optimizer in self._optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.step = state["step"]
        print(f"resumes after step {self.step}", file=sys.stderr)

    def _report(self, losses: Tensor, seconds: float) -> None:
        autoencoder, discriminator = losses.tolist()
        if not math.isfinite(autoencoder + discriminator):
            raise InputError(
                f"strategy 'vaal': the losses of step {self.step} are {autoencoder} and {discriminator}; "
                "lower its learning rates"
            )
        print(
            f"step {self.step} of {self._steps}: loss of the autoencoder {autoencoder:.4g}, "
            f"of the discriminator {discriminator:.4f}, {seconds:.1f} s",
            file=sys.stderr,
        )
