"""The generator of blocks without activation functions (NAFNet).

    y = x + W3 (a(g) g),   g = D1 W1 n(x) * D2 W2 n(x),   a(g) = W7 mean(g)
    z = y + W6 (W4 n(y) * W5 n(y))

with layer normalisation n, convolutions W of 1 x 1, depthwise convolutions D, and the mean over the image.
The product * is the simple gate, a(g) the channel attention. Chen et al., "Simple baselines for image
restoration", arXiv:2204.04676. Blocks work at the lower resolutions only: at the full one, each of a block's
feature maps would take as much time as a convolution.
"""

from typing import Any

from keras import layers

from .config import Config
from .convolution import convolve

INITIALIZER = "glorot_uniform"  # of a convolution without a ReLU after it


def pointwise(x: Any, filters: int, initializer: str = INITIALIZER) -> Any:
    """Apply a convolution of 1 x 1."""
    return convolve(x, filters, 1, initializer=initializer)


def naf_network(x: Any, config: Config) -> Any:
    """Return the feature map, of the size of x, from which the last convolution computes the residual.

    Args:
        x: images in [-1, 1].
        config: the settings.
    """
    first, *others = config.generator_filters
    x = convolve(x, first, config.outer_kernel_size, initializer=INITIALIZER)
    maps = []
    for filters in others:
        maps.append(x)
        x = convolve(x, filters, strides=2, initializer=INITIALIZER)
        is_smallest = len(maps) == len(others)
        for _ in range(config.blocks if is_smallest else config.outer_blocks):
            x = naf_block(x)
    for level, skip in reversed(list(enumerate(maps))):
        # a transposed convolution of 2 x 2 is a 1 x 1 convolution whose channels become pixels
        x = layers.Conv2DTranspose(skip.shape[-1], 2, strides=2)(x)
        x = layers.Add()([x, skip]) if config.skips else x
        for _ in range(config.outer_blocks if level else 0):
            x = naf_block(x)
    return x


def naf_block(x: Any) -> Any:
    """Return x after one block, which begins as the identity."""
    filters = x.shape[-1]
    normal = normalize(x)
    halves = (layers.DepthwiseConv2D(3, padding="same")(pointwise(normal, filters)) for _ in "ab")
    gate = layers.Multiply()(list(halves))
    attention = pointwise(layers.GlobalAveragePooling2D(keepdims=True)(gate), filters)
    change = pointwise(layers.Multiply()([gate, attention]), filters, "zeros")
    x = layers.Add()([x, change])
    normal = normalize(x)
    gate = layers.Multiply()([pointwise(normal, filters) for _ in "ab"])
    return layers.Add()([x, pointwise(gate, filters, "zeros")])


def normalize(x: Any) -> Any:
    """Apply layer normalisation; the 1 x 1 convolution behind it has scale and offset."""
    return layers.LayerNormalization(epsilon=1e-6, center=False, scale=False)(x)


def naf_radius(config: Config) -> int:
    """Return how far away a pixel can be from one that it depends on, without channel attention."""
    depth = len(config.generator_filters) - 1
    sizes = [2**level for level in range(depth)]
    outer = 2 * config.outer_blocks * sum(sizes[1:])
    blocks = config.blocks * 2**depth
    return int(config.outer_kernel_size - 1 + 2 * sum(sizes) + outer + blocks + 2**depth)
