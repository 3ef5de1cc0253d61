"""What a deblurring network learns from: crops and flips, differences of pixels, and features."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

import zoo
from zoo.data.augmentation import AugmentationConfig, augmentation
from zoo.interpret import networks

from .config import Config

LEAST = 1e-6  # added to a squared error before its logarithm: 60 dB, which no restoration reaches
EXACT = 1e-10  # squared error below which PSNR is not told apart: 100 dB


def augment(config: Config) -> Any:
    """Move images by up to what a crop leaves over, so that the middle is any part, and mirror half."""
    free = [
        (whole - 2 * config.margin - side) / whole / 2
        for whole, side in zip(config.input_shape[:2], config.side, strict=True)
    ]
    return augmentation(AugmentationConfig(shift=max(0.0, min(free)), flip=True), 2)


def difference(kind: str, sharp: Any, made: Any) -> Any:
    """Say how far pixels are apart: mean |d|, mean d^2, or the mean over images of log10 of their mean d^2.

    The last is PSNR but for a factor, so that each image counts alike however much there is to restore
    in it (Chen et al., "HINet", arXiv:2105.06086).
    """
    if kind == "l1":
        return ops.mean(ops.abs(made - sharp))
    errors = ops.mean(ops.square(made - sharp), (1, 2, 3))
    return ops.mean(errors if kind == "l2" else ops.log10(errors + LEAST))


def psnr(sharp: Any, made: Any) -> Any:
    """Give the likeness in dB of each image and what was made of it, kept within [0, 1]."""
    errors = ops.mean(ops.square(ops.clip(made, 0.0, 1.0) - sharp), (1, 2, 3))
    return -10 / ops.log(10.0) * ops.log(ops.maximum(errors, EXACT))


def features(config: Config) -> Callable[[Any], Any] | None:
    """Open the perceptual network as a function from images to features; None where there is none.

    It is a function so that the network's weights are no part of the model that is trained.

    Raises:
        SettingError: it cannot be opened, or does not look at images of so many channels.
    """
    if config.perceptual_network is None or not config.perceptual_weight:
        return None
    network = networks.open_network(config.perceptual_network, "perceptual_network", "vae.photos:encoder")
    taken = network.inputs[0].shape
    if len(network.inputs) != 1 or len(taken) != 4 or taken[-1] not in (config.channels, 3):
        raise zoo.SettingError(
            f"perceptual_network={config.perceptual_network} must look at images of {config.channels} channels: VGG16, or "
            f"a run on photographs such as vae.photos. Received: a network of {tuple(taken[1:])}"
        )
    shape = (*config.side, taken[-1])
    name = config.perceptual_layer or middle(network)
    look = networks.truncate(network, [name], shape)

    def seen(images: Any) -> Any:
        colours = ops.repeat(images, taken[-1] // config.channels, -1)
        return look(colours, training=False)[name]

    return seen


def middle(network: keras.Model) -> str:
    """Name the last layer whose map is at least a quarter as high as the image (VGG16: block3_conv3)."""
    height = network.inputs[0].shape[1]
    maps = [layer for layer in networks.layers_of(network) if len(layer.shape) == 3]
    large = [layer.name for layer in maps if height is None or 4 * layer.shape[0] >= height]
    if height is None or not large:
        raise zoo.SettingError(
            f"perceptual_layer must name a layer of {network.name}, whose maps have no size of their own "
            f"or are all small. Layers: {', '.join(layer.name for layer in maps)}"
        )
    return large[-1]


def far(look: Callable[[Any], Any], sharp: Any, made: Any) -> Any:
    """Average the squared difference of features, over the sharp images' squared features."""
    wanted = look(sharp)
    return ops.mean(ops.square(look(made) - wanted)) / (ops.mean(ops.square(wanted)) + EXACT)


def compiled() -> bool | str:
    """Say whether XLA compiles a step: on TensorFlow not, whose own convolutions are faster on a CPU."""
    return False if keras.backend.backend() == "tensorflow" else "auto"
