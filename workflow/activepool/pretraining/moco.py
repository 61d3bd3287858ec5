"""MoCo v2: Momentum Contrast (He et al. 2020), with the baselines of Chen et al. 2020b.

A query, the projection of one view, is compared with the key of the other view and with a queue of keys from
earlier batches. Keys come from a slowly moving average of the encoder, which keeps the queue consistent.
"""

import copy

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from activepool.backbones.backbone import Backbone
from activepool.errors import InputError
from activepool.parallel.batch_norm import split
from activepool.parallel.distributed import Processes
from activepool.pretraining.method import Encode, Encoder, Method
from activepool.pretraining.settings import MocoSettings


def info_nce(queries: Tensor, keys: Tensor, queue: Tensor, temperature: float) -> Tensor:
    """Return the contrastive loss with a queue (He et al. 2020, equation 1), a scalar.

    The mean over queries q with their keys k+: -log(exp(q·k+ / temperature) / sum over k of
    exp(q·k / temperature)), where k runs over k+ and the queue. Row i of the queries and of the keys (B, p)
    belongs to image i; they and the queue (K, p) are of length 1.
    """
    positive = (queries * keys).sum(dim=1, keepdim=True)
    logits = torch.cat([positive, queries @ queue.T], dim=1) / temperature
    targets = torch.zeros(len(logits), dtype=torch.int64, device=logits.device)
    return functional.cross_entropy(logits, targets)


class MoCo(Method):
    """Encoder of queries, encoder of keys and queue; the projection head has one hidden layer.

    Batch normalisation leaks information between the images of a batch, by which a query could find its key.
    As in the paper (3.3, shuffling BN), keys are therefore normalised among other images than queries: a
    batch is split into groups (in the paper, GPUs), and shuffled before that for the keys. The number of
    groups is a setting, not the number of processes, so that the result does not depend on the latter.

    Attributes:
        key_encoder: the moving average of the encoder.
        queue: (K, projection_width) keys in a ring, random at first.
        oldest: the place in the ring that the next key takes.
    """

    queue: Tensor
    oldest: Tensor

    def __init__(self, backbone: Backbone, settings: MocoSettings, processes: Processes) -> None:
        super().__init__()
        if settings.batch_norm_groups % processes.count:
            raise InputError(
                f"pretrain: batch_norm_groups {settings.batch_norm_groups} must be a multiple of the "
                f"{processes.count} processes"
            )
        projection = nn.Sequential(
            nn.Linear(backbone.width, backbone.width),
            nn.ReLU(),
            nn.Linear(backbone.width, settings.projection_width),
        )
        self.encoder = Encoder(backbone, projection, settings)
        split(self.encoder, settings.batch_norm_groups // processes.count)
        self.key_encoder = copy.deepcopy(self.encoder).requires_grad_(False)
        initial_keys = functional.normalize(torch.randn(settings.queue, settings.projection_width), dim=1)
        self.register_buffer("queue", initial_keys)
        self.register_buffer("oldest", torch.zeros((), dtype=torch.int64))
        self.batch_multiple = settings.batch_norm_groups
        self._settings = settings
        self._processes = processes

    def loss(self, encode: Encode, views: Tensor, size: int, generator: Generator) -> Tensor:
        """Return the loss of this process's queries, and enqueue the keys of the whole batch."""
        queries = functional.normalize(encode(views[0]), dim=1)
        self.move_key_encoder()
        keys = self._keys(views[1], size, generator)
        positive_keys = keys[self._processes.share(size)]
        # A copy, because gradients are computed after the queue has changed.
        loss = info_nce(queries, positive_keys, self.queue.clone(), self._settings.temperature)
        self.enqueue(keys)
        return loss

    @torch.no_grad()
    def move_key_encoder(self) -> None:
        """Set each weight of the key encoder to m · itself + (1 - m) · the encoder's weight (equation 2)."""
        momentum = self._settings.key_momentum
        for key, query in zip(self.key_encoder.parameters(), self.encoder.parameters(), strict=True):
            key.mul_(momentum).add_(query, alpha=1 - momentum)

    @torch.no_grad()
    def enqueue(self, keys: Tensor) -> None:
        """Replace the oldest keys by ``keys`` (B, p); B is at most K."""
        places = (self.oldest + torch.arange(len(keys), device=keys.device)) % len(self.queue)
        self.queue[places] = keys
        self.oldest.copy_((self.oldest + len(keys)) % len(self.queue))

    @torch.no_grad()
    def _keys(self, images: Tensor, size: int, generator: Generator) -> Tensor:
        """Return the keys (size, p) of the whole batch; ``images`` are this process's share."""
        order = torch.randperm(size, generator=generator).to(images.device)
        shuffled_images = self._processes.gather(images, size)[order][self._processes.share(size)]
        keys = self._processes.gather(functional.normalize(self.key_encoder(shuffled_images), dim=1), size)
        return keys[order.argsort()]
