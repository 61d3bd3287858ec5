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
from torch import Generator, Tensor
from torch.optim import Adam

from activepool.adversarial.images import batches, full_side, windows
from activepool.adversarial.losses import (
    averaged_loss,
    deceiving_loss,
    discriminator_loss,
    variational_loss,
)
from activepool.adversarial.networks import CodeDistribution, Networks
from activepool.adversarial.order import batch_sizes, pairs
from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.execution import reproducible
from activepool.compute.seeds import integer_seed
from activepool.errors import InputError
from activepool.features.image_round import ImageRound
from activepool.features.images import Request, image_channels
from activepool.features.transforms import Augmentation, augmentation
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

    Raises: InputError for an image that cannot be read, if a loss is not finite, and if the head's steps are
    needed but not known.
    """
    fingerprint = {
        "settings": asdict(settings),
        "dataset": file_digest(images.dataset),
        "seed": [images.seed, images.round_number],
        "head_steps": images.head_steps,
        "labelled": hashlib.sha256(images.labelled.tobytes()).hexdigest(),
        "unlabelled": hashlib.sha256(images.unlabelled.tobytes()).hexdigest(),
    }
    with reproducible(settings.threads):
        training = AdversarialTraining(images, settings)
        training.run(StateFile(Path(state), json.dumps(fingerprint, sort_keys=True)))
    return training.networks.state_dict()


class AdversarialTraining:
    """A training in progress; ``step`` is the number of steps done."""

    def __init__(self, images: ImageRound, settings: AdversarialSettings) -> None:
        self._images = images
        self._settings = settings
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self._seed("weights"))
            self.networks = Networks.untrained(settings, image_channels(images.dataset), images.device)
        self._rates = {
            "autoencoder": settings.learning_rate,
            "discriminator": settings.discriminator_learning_rate,
        }
        self._optimizers = {
            name: Adam(network.parameters(), self._rates[name])
            for name, network in self.networks.named_children()
        }
        self._augmentation = Augmentation(None, ())
        if settings.augmentation:
            self._augmentation = augmentation(settings.augmentation, full_side(settings))
        #: Of the labelled half of each batch of an epoch.
        self._sizes = batch_sizes(len(images.labelled), settings)
        # Without unlabelled images there is nothing to learn.
        self._steps = self._count_steps() if len(images.unlabelled) else 0
        self.step = 0

    def _count_steps(self) -> int:
        images, settings = self._images, self._settings
        if settings.ends_with_head:
            if images.head_steps is None:
                raise InputError(
                    "strategy 'vaal': ends_with_head needs the steps of the head of the previous round"
                )
            return images.head_steps
        if settings.batches == "full":  # passes follow one another
            return math.ceil(len(images.labelled) * settings.epochs / settings.batch_size)
        return settings.epochs * len(self._sizes)

    def run(self, state: StateFile) -> None:
        """Train to the last step, from where ``state`` left off."""
        self._restore(state.read())
        requests = islice(self._requests(), self.step, self._steps)
        started = time.perf_counter()
        self.networks.train()
        for batch in batches(self._images, self._settings, requests):
            losses = self._train_step(self._network_input(batch))
            self.step += 1
            if self.step % SAVE_INTERVAL == 0 or self.step == self._steps:
                self._report(losses, time.perf_counter() - started)
                state.write(self._state())

    def _requests(self) -> Iterator[Request]:
        """Yield endless batches of labelled rows, each followed by unlabelled ones."""
        for step, pair in enumerate(pairs(self._images, self._settings)):
            rows = np.concatenate(pair)
            crops = self._augmentation.draw_crops(1, len(rows), self._generator(f"crops/{step}"))
            yield Request(rows, crops)

    def _network_input(self, images: Tensor) -> Tensor:
        """Return what the networks see of images (n, C, F, F) in 0..1: augmented, normalised windows."""
        images = self._augmentation(images, self._generator(f"augmentation/{self.step}"))
        return windows(images, self._settings, self._generator(f"window/{self.step}"))

    def _train_step(self, images: Tensor) -> Tensor:
        """Train both networks for one step on normalised images (n, C, S, S); return the losses, (2,)."""
        settings, networks = self._settings, self.networks
        noise = self._noise(len(images))
        passes = [
            networks.autoencoder(part, part_noise)
            for part, part_noise in zip(self._parts(images), self._parts(noise), strict=True)
        ]
        reconstruction = torch.cat([restored for restored, _ in passes])
        code = _concatenate([part_code for _, part_code in passes])
        restoration = self._restoration_loss(images, reconstruction, code)
        deception = deceiving_loss(*self._halves(networks.discriminator(code.mean)))
        autoencoder_loss = restoration + settings.adversary_weight * deception
        self._update("autoencoder", autoencoder_loss)
        with torch.no_grad():
            code = _concatenate([networks.autoencoder.encode(part) for part in self._parts(images)])
        separation = discriminator_loss(*self._halves(networks.discriminator(code.mean)))
        self._update("discriminator", separation)
        return torch.stack([autoencoder_loss, separation]).detach()

    def _parts(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Return the parts of a batch that pass together: joint, batch normalisation sees the whole batch."""
        return self._halves(batch) if self._settings.batch_norm == "separate" else (batch,)

    def _halves(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Return the labelled and the unlabelled part of a batch."""
        labelled = self._sizes[self.step % len(self._sizes)]
        return batch[:labelled], batch[labelled:]

    def _restoration_loss(self, images: Tensor, reconstruction: Tensor, code: CodeDistribution) -> Tensor:
        """Return the sum of the reconstruction losses of the labelled and of the unlabelled images."""
        beta = self._settings.beta
        if self._settings.reconstruction == "sum":
            # For halves of one size, this is the sum of their means, as in equation 1.
            return 2 * variational_loss(images, reconstruction, code, beta)
        halves = (self._halves(tensor) for tensor in (images, reconstruction, *code))
        labelled, unlabelled = (
            averaged_loss(original, restored, CodeDistribution(*half), beta)
            for original, restored, *half in zip(*halves, strict=True)
        )
        return labelled + unlabelled

    def _update(self, network: str, loss: Tensor) -> None:
        optimizer = self._optimizers[network]
        factor = rate_factor(self._settings, self.step // len(self._sizes))
        for group in optimizer.param_groups:
            group["lr"] = factor * self._rates[network]
        optimizer.zero_grad()
        # This adds gradients to the other network as well; its own update clears them first.
        loss.backward()
        optimizer.step()

    def _noise(self, size: int) -> Tensor:
        draws = self._generator(f"noise/{self.step}")
        return torch.randn(size, self._settings.latent, generator=draws).to(self._images.device)

    def _generator(self, purpose: str) -> Generator:
        return Generator().manual_seed(self._seed(purpose))

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


def rate_factor(settings: AdversarialSettings, epoch: int) -> float:
    """Return what multiplies the learning rates in an epoch, counted from 0."""
    if settings.schedule == "step":
        return settings.gamma ** (epoch // settings.step_size)
    if settings.schedule == "cosine":
        # A head may train for longer; its cosine is for as many epochs as it has.
        progress = min(epoch, settings.epochs) / settings.epochs
        return (1 + math.cos(math.pi * progress)) / 2
    return 1.0


def _concatenate(codes: list[CodeDistribution]) -> CodeDistribution:
    return CodeDistribution(*(torch.cat(values) for values in zip(*codes, strict=True)))
