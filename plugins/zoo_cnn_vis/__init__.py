"""Feature visualisation: images that maximise an objective inside any Keras network.

    w <- argmax_w  O(f(T(x(w)))) - R(x(w))

where f is a frozen network, x makes an image of the weights w (`parameterisations`), T shifts, rotates
and scales the image in each step (`transforms`), O is the objective (`objective_language`, `objectives`)
and R regularises the image (`regularisers`). After J. Johnson, cnn-vis (2015), with what followed: Olah,
Mordvintsev & Schubert, "Feature visualization", Distill (2017), doi:10.23915/distill.00007;
Mordvintsev, Olah & Tyka, "Inceptionism" (2015); Mahendran & Vedaldi, arXiv:1412.0035; Nguyen, Yosinski
& Clune, "Deep neural networks are easily fooled", arXiv:1412.1897; Madry et al., arXiv:1706.06083.
"""

from typing import Any

import keras

import zoo
from zoo.data.arrays import Array
from zoo.interpret import networks

from . import metrics, plots, predict
from .callbacks import canvas_callbacks, no_gradient_message
from .canvas import Canvas
from .config import Config
from .optimizers import create_optimizer
from .starts import any_size, read_images, resize_images, start_images


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> Canvas:
    """Return an empty canvas in front of the network.

    Raises:
        SettingError: the network is not there or has changed, or the settings do not fit it.
    """
    return Canvas(config.with_content_hashes())


@zoo.hookimpl
def train(model: Canvas, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Maximise the objective.

    Raises:
        SettingError: the start or the target is not there, or no gradient reaches the images.
        TrainingError: the network's weights have changed.
    """
    network = model.visualized.network
    start = start_images(config, network.shape, model.schedule.final)
    model.begin(start, target_images(model), data.seed)
    model.compile(create_optimizer(config, model.pixel_rate_scales))
    try:
        history = model.fit(
            **data.fit_arguments(config), callbacks=[*canvas_callbacks(), *callbacks]
        )
    except ValueError as error:
        if "No gradients provided" in str(error):
            raise zoo.SettingError(no_gradient_message(config)) from error
        raise
    if networks.weights_digest(network.model) != network.digest:
        raise zoo.TrainingError(f"network={config.network} was changed by the training.")
    return history


def target_images(model: Canvas) -> Array | None:
    """Return the images that an inversion reconstructs, or None."""
    if model.config.target is None:
        return None
    shape = any_size(model.visualized.network.shape)
    return resize_images(read_images(model.config.target, shape, "target"), model.schedule.tile)


@zoo.hookimpl
def export(model: Canvas) -> dict[str, keras.Model]:
    """Return the network, cut at the layers of the objective; its outputs have their names."""
    return {"features": model.visualized.features}


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
