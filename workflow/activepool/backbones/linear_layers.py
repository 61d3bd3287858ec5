"""Linear layers as convolutions of one pixel: on a CPU, oneDNN computes these, and MKL computes products.

Both return the same, except for the rounding of float32. MKL leaves half of an AMD processor unused.
"""

from torch import Tensor, nn
from torch.nn import functional

from activepool.backbones.backbone import Backbone

#: On one thread, torch leaves the convolutions of smaller batches to MKL, too.
MIN_BATCH = 16


def convolve(backbone: Backbone) -> None:
    """Let convolutions take the place of the linear layers of a backbone on the CPU.

    Its parameters stay. Subclasses of nn.Linear, and code that reads a layer's weights without calling the
    layer, stay as they are.
    """
    for module in backbone.modules():
        if type(module) is nn.Linear:
            module.__class__ = _LinearConvolution  # keeps hooks, and layers that are used twice


class _LinearConvolution(nn.Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        """Return (B, ..., out_features) for (B, ..., in_features)."""
        if inputs.ndim < 3 or len(inputs) < MIN_BATCH:
            return super().forward(inputs)
        images = inputs.reshape(len(inputs), 1, -1, self.in_features).movedim(-1, 1)
        outputs = functional.conv2d(images, self.weight[:, :, None, None], self.bias)
        return outputs.movedim(1, -1).reshape(*inputs.shape[:-1], self.out_features)
