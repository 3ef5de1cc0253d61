"""Feature visualisation: an image that raises what a network looks for, on any Keras network.

    w <- argmax_w  O(f(T(x(w)))) - R(x(w))

where f is a frozen network, x makes an image of the weights w (`parameterisations`), T shifts, turns
and scales it anew in each step (`transforms`), O is what is raised (`language`, `objectives`) and R
keeps the image plain (`regularisers`). After J. Johnson, cnn-vis (2015), with what followed: Olah,
Mordvintsev & Schubert, "Feature visualization", Distill (2017), doi:10.23915/distill.00007;
Mordvintsev, Olah & Tyka, "Inceptionism" (2015); Mahendran & Vedaldi, arXiv:1412.0035; Nguyen, Yosinski
& Clune, "Deep neural networks are easily fooled", arXiv:1412.1897; Madry et al., arXiv:1706.06083.
"""

from typing import Any

import keras

import zoo
from zoo.interpret import networks

from . import metrics, optimizers, plots, predict, starts
from .canvas import Canvas
from .config import Config
from .history import Growing, still


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> Canvas:
    """Put an empty canvas in front of the network.

    Raises:
        SettingError: the network is not there, or is another than it was, or the settings do not suit it.
    """
    return Canvas(config.with_content_hashes())


@zoo.hookimpl
def train(model: Canvas, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Raise the objective.

    Raises:
        SettingError: what to start from, or the target, is not there.
        TrainingError: the network is not what it was.
    """
    network = model.held.network
    model.begin(*given(model), data.seed)
    model.compile(optimizers.made(config, model.shares))
    try:
        history = model.fit(**data.fit_arguments(config), callbacks=[Growing(), *callbacks])
    except ValueError as error:
        if "No gradients provided" in str(error):
            raise zoo.SettingError(still(config)) from error
        raise
    if networks.weights_digest(network.model) != network.digest:
        raise zoo.TrainingError(f"network={config.network} was changed by the training.")
    return history


def given(model: Canvas) -> tuple[Any, Any]:
    """Read the images to start from, and those to rebuild."""
    config, shape = model.config, model.held.network.shape
    target = None
    if config.target is not None:
        free = (*[None] * (len(shape) - 1), shape[-1])
        target = starts.resized(starts.read(config.target, free, "target"), model.plan.tile)
    return starts.images(config, shape, model.plan.final), target


@zoo.hookimpl
def export(model: Canvas) -> dict[str, keras.Model]:
    """Ship the network, cut off at the layers that the objective looks at, which its outputs are named by."""
    return {"features": model.held.look}


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
