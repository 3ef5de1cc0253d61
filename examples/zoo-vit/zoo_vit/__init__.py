"""Vision Transformer: an image is a sequence of patches, and attention relates each patch to all others.

    x_t = W p_t + b_t                                 for the pixels p_t of patch t; b_t is its position
    x  <- x + attention(norm(x)),  x <- x + mlp(norm(x))        in each block
    p   = softmax(V mean_t norm(x_t) + c)

A bias b_t of its own for each patch is the learned position. The patches are averaged in the end instead of
read from a class token. A. Dosovitskiy et al., "An image is worth 16 x 16 words", ICLR 2021.
"""

from typing import Any

import keras
from keras import initializers, layers
from pydantic import PositiveInt

import zoo
from zoo.config import FROM_DATA, FromData
from zoo.data.augmentation import AugmentationConfig, augmentation
from zoo.inference import predictions
from zoo.tasks import classification


class Config(classification.ClassifierConfig, AugmentationConfig):
    """Settings of the Vision Transformer."""

    input_shape: FromData[tuple[PositiveInt, PositiveInt, PositiveInt]] = FROM_DATA
    """Height, width and channels of the images. None: the dataset's."""
    patch: PositiveInt = 4
    """Side of a patch, in pixels; it divides height and width."""
    width: PositiveInt = 64
    """Numbers that describe a patch; the heads divide it."""
    depth: PositiveInt = 4
    """Blocks of attention."""
    heads: PositiveInt = 4
    """Heads of each attention."""
    expansion: PositiveInt = 2
    """Width of the hidden layer of a block, in widths."""
    dropout: zoo.Fraction = 0.0
    """Dropout rate after attention and after each hidden layer."""


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


def embed_patches(images: Any, config: Config) -> Any:
    """Return a vector for each patch, with its position: (batch, patches, width)."""
    height, width, channels = config.input_shape
    rows, columns, side = height // config.patch, width // config.patch, config.patch
    grid = layers.Reshape((rows, side, columns, side, channels))(images)
    grid = layers.Permute((1, 3, 2, 4, 5))(grid)
    patches = layers.Reshape((rows * columns, side * side * channels))(grid)
    positions = initializers.RandomNormal(stddev=0.02)
    return layers.EinsumDense(
        "btp,pd->btd",
        (rows * columns, config.width),
        bias_axes="td",
        bias_initializer=positions,
        name="patches",
    )(patches)


def attention_block(x: Any, config: Config, name: str) -> Any:
    """Return x after attention and a network for each patch, each added to what it receives."""
    normal = layers.LayerNormalization(name=f"{name}_norm_1")(x)
    attended = layers.MultiHeadAttention(
        config.heads, config.width // config.heads, name=f"{name}_attention"
    )(normal, normal)
    x = layers.Add()([x, layers.Dropout(config.dropout)(attended)])
    hidden = layers.LayerNormalization(name=f"{name}_norm_2")(x)
    hidden = layers.Dense(config.expansion * config.width, "gelu", name=f"{name}_hidden")(hidden)
    hidden = layers.Dense(config.width, name=f"{name}_output")(
        layers.Dropout(config.dropout)(hidden)
    )
    return layers.Add()([x, hidden])


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the network, from images to class probabilities."""
    check_sizes(config)
    images = keras.Input(config.input_shape, name="image")
    x = embed_patches(images, config)
    for at in range(config.depth):
        x = attention_block(x, config, f"block_{at}")
    mean = layers.GlobalAveragePooling1D()(layers.LayerNormalization(name="norm")(x))
    logits = layers.Dense(len(config.classes), name="logits")(mean)
    probabilities = layers.Activation("softmax", dtype="float32", name="probabilities")(logits)
    return keras.Model(images, probabilities, name="vit")


def check_sizes(config: Config) -> None:
    """Refuse sizes that do not divide each other.

    Raises:
        zoo.SettingError: the patch divides no side of the image, or the heads do not divide the width.
    """
    height, width, _ = config.input_shape
    if height % config.patch or width % config.patch:
        raise zoo.SettingError(
            f"patch must divide the height and the width of the images, {height} x {width}. "
            f"Received: {config.patch}"
        )
    if config.width % config.heads:
        raise zoo.SettingError(f"heads must divide width, {config.width}. Received: {config.heads}")


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the cross-entropy of augmented images."""
    augment = augmentation(config, config.input_shape)
    return classification.train(model, config, data, callbacks, augment)


export = zoo.hookimpl(classification.export)
evaluate = zoo.hookimpl(classification.evaluate_parts)
preview = zoo.hookimpl(classification.preview)
apply = zoo.hookimpl(predictions.apply)
