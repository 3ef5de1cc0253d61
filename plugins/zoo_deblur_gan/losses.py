"""The losses of a deblurring network, in pixels and in features, and the augmentation of its images."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

import zoo
from zoo.data.augmentation import AugmentationConfig, augmentation
from zoo.interpret import networks

from .config import Config

LOG_OFFSET = 1e-6  # added to a squared error before its logarithm: 60 dB, above any restoration
SMALL = 1e-10  # added to a denominator


def crop_augmentation(config: Config) -> Any:
    """Return the augmentation that shifts images by what a crop leaves over, and flips half of them.

    So the middle, which is cropped, can be any part of an image.
    """
    free = [
        (whole - 2 * config.margin - side) / whole / 2
        for whole, side in zip(config.input_shape[:2], config.crop_size, strict=True)
    ]
    moves = AugmentationConfig(shift=max(0.0, min(free)), flip=True)
    return augmentation(moves, config.input_shape)


def pixel_loss(kind: str, sharp: Any, restored: Any) -> Any:
    """Return the pixel loss: mean |d|, mean d^2, or the mean over images of log10 of their mean d^2.

    The last one is the PSNR except for a factor, so each image has the same weight, however much there
    is to restore in it (Chen et al., "HINet", arXiv:2105.06086).

    Args:
        kind: l1, l2 or psnr.
        sharp: images of shape (n, height, width, channels).
        restored: images of the same shape.
    """
    if kind == "l1":
        return ops.mean(ops.abs(restored - sharp))
    errors = ops.mean(ops.square(restored - sharp), (1, 2, 3))
    return ops.mean(errors if kind == "l2" else ops.log10(errors + LOG_OFFSET))


def perceptual_features(config: Config) -> Callable[[Any], Any] | None:
    """Open the perceptual network as a function from images to features; None if there is no network.

    Keras does not look into a function for layers. So the network's weights are none of the trained
    model's.

    Raises:
        SettingError: it cannot be opened, or does not take images of so many channels.
    """
    if config.perceptual_network is None or not config.perceptual_weight:
        return None
    name = config.perceptual_network
    network = networks.open_network(name, "perceptual_network", "vae.photos:encoder")
    shape = network.inputs[0].shape
    if len(network.inputs) != 1 or len(shape) != 4 or shape[-1] not in (config.channels, 3):
        raise zoo.SettingError(
            f"perceptual_network={name} must take images of {config.channels} channels: VGG16, or a run "
            f"on photographs such as vae.photos. Received: a network of {tuple(shape[1:])}"
        )
    layer = config.perceptual_layer or default_layer(network)
    cut = networks.truncate(network, [layer], (*config.crop_size, shape[-1]))

    def features(images: Any) -> Any:
        colours = ops.repeat(images, shape[-1] // config.channels, -1)
        return cut(colours, training=False)[layer]

    return features


def default_layer(network: keras.Model) -> str:
    """Return the last layer whose map is at least a quarter as high as the image (VGG16: block3_conv3).

    Raises:
        SettingError: there is none, because maps have no fixed size or are all smaller.
    """
    height = network.inputs[0].shape[1]
    maps = [layer for layer in networks.layers_of(network) if len(layer.shape) == 3]
    large = [layer.name for layer in maps if height is None or 4 * (layer.shape[0] or 0) >= height]
    if height is None or not large:
        raise zoo.SettingError(
            f"perceptual_layer must name a layer of {network.name}, because its maps have no fixed size "
            f"or are all small. Layers: {', '.join(layer.name for layer in maps)}"
        )
    return large[-1]


def perceptual_loss(features: Callable[[Any], Any], sharp: Any, restored: Any) -> Any:
    """Return the mean squared difference of features, divided by the sharp images' mean squared features.

    Args:
        features: from images to features.
        sharp: images of shape (n, height, width, channels).
        restored: images of the same shape.
    """
    target = features(sharp)
    difference = ops.mean(ops.square(features(restored) - target))
    return difference / (ops.mean(ops.square(target)) + SMALL)


def jit_compile() -> bool | str:
    """Return Keras' setting of XLA: off on TensorFlow, whose own convolutions are faster on a CPU."""
    return False if keras.backend.backend() == "tensorflow" else "auto"
