"""The networks of the tasks as one writes them in Keras, without the zoo."""

import keras
from keras import layers


def cnn(task) -> keras.Model:
    rank = len(task.shape) - 1
    convolve, pool, drop, average = (
        getattr(layers, f"{name}{rank}D")
        for name in ("Conv", "MaxPooling", "SpatialDropout", "GlobalAveragePooling")
    )
    inputs = x = keras.Input(task.shape)
    if rank == 1:  # as in the zoo's cnn
        x = layers.Normalization(mean=0.0, variance=1.0)(x)
    for filters in task.settings["filters"]:
        for _ in range(task.settings.get("convolutions", 2)):
            kernel_size = task.settings.get("kernel_size", 3)
            x = convolve(filters, kernel_size, padding="same", use_bias=False)(x)
            x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
        x = drop(0.1)(pool(2)(x))
    x = layers.Dropout(0.3)(average()(x))
    return keras.Model(inputs, layers.Dense(task.classes)(x))


def mlp(task) -> keras.Model:
    inputs = keras.Input(task.shape)
    x = layers.Flatten()(inputs)
    for _ in range(2):
        x = layers.BatchNormalization(momentum=0.9)(layers.Dense(1024)(x))
        x = layers.Dropout(0.4)(layers.Activation("relu")(x))
    return keras.Model(inputs, layers.Dense(task.classes)(x))


def dcgan() -> tuple[keras.Model, keras.Model]:
    """Return the generator of images in [0, 1], and the discriminator's scores."""

    def normalize(x):
        return layers.BatchNormalization(momentum=0.9)(x)

    latents = keras.Input((64,))
    x = layers.Activation("relu")(normalize(layers.Dense(6272, use_bias=False)(latents)))
    x = layers.Conv2DTranspose(64, 4, 2, padding="same")(layers.Reshape((7, 7, 128))(x))
    x = layers.Activation("relu")(normalize(x))
    x = layers.Conv2DTranspose(1, 4, 2, padding="same", activation="sigmoid")(x)
    image = keras.Input((28, 28, 1))
    y = layers.Conv2D(64, 4, 2, padding="same")(layers.Rescaling(2.0, -1.0)(image))
    y = layers.Conv2D(128, 4, 2, padding="same")(layers.LeakyReLU(0.2)(y))
    y = layers.Flatten()(layers.LeakyReLU(0.2)(normalize(y)))
    return keras.Model(latents, x), keras.Model(image, layers.Dense(1)(y))


def vae() -> tuple[keras.Model, keras.Model]:
    """Return the encoder to mean and log-variance, and the decoder to logits."""
    image, latents = keras.Input((28, 28, 1)), keras.Input((2,))
    x = layers.Flatten()(image)
    for units in (512, 256):
        x = layers.Dense(units, "silu")(x)
    encoder = keras.Model(image, [layers.Dense(2)(x), layers.Dense(2)(x)])
    y = latents
    for units in (256, 512):
        y = layers.Dense(units, "silu")(y)
    return encoder, keras.Model(latents, layers.Reshape((28, 28, 1))(layers.Dense(784)(y)))


def autoencoder_simple() -> keras.Model:
    inputs = keras.Input((28, 28, 1))
    code = layers.Dense(32, activation="relu")(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Reshape((28, 28, 1))(layers.Dense(784)(code)))


def autoencoder_conv() -> keras.Model:
    inputs = x = keras.Input((28, 28, 1))
    for filters, activation in ((16, "relu"), (32, "relu"), (8, "linear")):
        x = layers.Conv2D(filters, 3, padding="same", activation=activation)(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    for filters, crop in ((8, 1), (32, 0), (16, 0)):
        x = layers.Conv2DTranspose(filters, 3, 2, padding="same", activation="relu")(x)
        x = layers.Cropping2D(((0, crop), (0, crop)))(x) if crop else x
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(x))


def deblur_generator() -> keras.Model:
    """Return the residual network; Keras' GroupNormalization of one channel a group is that of instances."""

    def convolve(x, filters: int, strides: int = 1):
        return layers.Conv2D(filters, 3, strides, padding="same", kernel_initializer="he_normal")(x)

    def normalize(x):
        return layers.GroupNormalization(groups=-1)(x)

    def block(x, filters: int, strides: int = 1):
        return layers.Activation("relu")(normalize(convolve(x, filters, strides)))

    inputs = keras.Input((96, 96, 3))
    first = block(layers.Rescaling(2.0, -1.0)(inputs), 16)
    second = block(first, 32, 2)
    x = block(second, 64, 2)
    for _ in range(9):
        x = layers.Add()([x, normalize(convolve(block(x, 64), 64))])
    x = layers.Add()([block(layers.UpSampling2D(2)(x), 32), second])
    x = layers.Add()([block(layers.UpSampling2D(2)(x), 16), first])
    return keras.Model(inputs, layers.Add()([inputs, convolve(x, 3)]))
