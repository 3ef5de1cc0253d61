"""Checks of the training itself: every part learns, the loss falls, and `fit` is the last step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.parts.canonical import layers_of
from zoo.testing.architecture.subject import Subject
from zoo.testing.outcome import require

if TYPE_CHECKING:
    import keras

ADVERSARIAL = ("critic", "discriminator", "generator")  # losses of networks against each other


def check_parts_learn(subject: Subject) -> None:
    """The trainable weights of every layer of every part move in the training."""
    before, after = subject.parts(subject.untrained_model), subject.parts(subject.reloaded_model)
    own = {id(weight) for weight in subject.reloaded_model.weights}
    for role, part in after.items():
        still = [name for name, moved in _moves(before[role], part, own) if not moved]
        require(
            not still,
            f"The part {role!r} does not learn: the weights of {', '.join(still[:5])} are the same "
            "before and after the training. Is the layer in the loss, and does the optimizer see its "
            "variables? A layer that stays as it is must have trainable=False, and must not be a "
            "variable of the model.",
        )


def check_loss_falls(subject: Subject) -> None:
    """A loss falls from the first epoch to the last, on a few examples seen again and again.

    Where networks train against each other, one of their losses must fall: the columns of the
    history called critic, discriminator or generator, or whose name ends in `loss`.
    """
    first, last = subject.run.history[0], subject.run.history[-1]
    names = [name for name in first if is_loss(name)]
    watched = [name for name in names if name != "loss"] or names
    shown = ", ".join(f"{name} {first[name]:.4g} -> {last[name]:.4g}" for name in watched)
    require(
        any(last[name] < first[name] for name in watched),
        f"No loss falls in {len(subject.run.history)} epochs over {len(subject.data.train)} examples: "
        f"{shown}. Check the sign of the loss, that inputs and targets belong together, and the "
        "learning rate.",
    )


def check_fit_is_last(subject: Subject) -> None:
    """No optimizer makes a step after `model.fit` returned."""
    _ = subject.run
    watch = subject.fit_watch
    require(
        watch.fits == 1,
        f"train() called model.fit with the core's callbacks {watch.fits} times; expected: once.",
    )
    require(
        watch.later_steps == 0,
        "train() goes on training after model.fit returned, which no checkpoint and no history "
        "holds. Train in one model.fit; statistics and averages may be computed afterwards.",
    )


def is_loss(name: str) -> bool:
    """Return whether a column of the history is a loss of the training split."""
    training = not name.startswith("val_")
    return training and (name.endswith("loss") or name.startswith(ADVERSARIAL))


def _moves(before: keras.Model, after: keras.Model, own: set[int]) -> Iterator[tuple[str, bool]]:
    """Yield each layer that must learn, with whether one of its weights moved.

    These are the layers with trainable weights; in a part that has none, such as a generator of
    averaged weights, the layers whose weights are the model's own.
    """
    pairs = list(zip(layers_of(before), layers_of(after), strict=True))
    trainable = any(part.trainable_weights for part in (before, after))
    for one, other in pairs:
        weights = _own_weights(other, trainable, own)
        if weights:
            moved = zip(_values(one, trainable), _values(other, trainable), strict=True)
            yield other.name, any(not np.array_equal(a, b) for a, b in moved)


def _own_weights(layer: Any, trainable: bool, own: set[int]) -> list[Any]:
    if getattr(layer, "layers", None):  # its layers follow by themselves
        return []
    if trainable:
        return list(layer.trainable_weights)
    return [weight for weight in layer.weights if id(weight) in own]


def _values(layer: Any, trainable: bool) -> list[Any]:
    import keras

    weights = layer.trainable_weights if trainable else layer.weights
    return [keras.ops.convert_to_numpy(weight) for weight in weights]
