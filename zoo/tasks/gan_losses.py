"""The adversarial losses: what the discriminator and the generator of a GAN minimise.

    y = G(z),   a = D(x) for a real x,   b = D(y) for a generated y,   softplus(t) = log(1 + e^t)

                     the discriminator minimises             the generator minimises
    non-saturating   softplus(-a) + softplus(b)              softplus(-b)      Goodfellow et al. 2014
    least-squares    (a - 1)^2 / 2 + b^2 / 2                 (b - 1)^2 / 2     Mao et al. 2017
    hinge            max(0, 1 - a) + max(0, 1 + b)           -b                Lim & Ye 2017
    wasserstein      b - a                                   -b                Arjovsky et al. 2017

Each is averaged over the batch. The discriminator of a Wasserstein loss is called a critic: its scores
are no logits of a probability.
"""

from __future__ import annotations

from typing import Any, Literal

from keras import ops

from zoo.errors import SettingError

__all__ = ["Loss", "check", "discriminator_loss", "generator_loss"]

Loss = Literal["non-saturating", "least-squares", "hinge", "wasserstein"]


def discriminator_loss(name: Loss, real: Any, fake: Any, smoothing: float = 0.0) -> Any:
    """Return the loss of the discriminator.

    Args:
        name: the name of the loss.
        real: scores of real examples, of any shape.
        fake: scores of generated examples, of any shape.
        smoothing: how far the target of real examples lies below 1, in [0, 1). Only non-saturating
            and least-squares have a target.

    Returns:
        A scalar.
    """
    if name == "non-saturating":
        on_real = (1 - smoothing) * ops.softplus(-real) + smoothing * ops.softplus(real)
        return ops.mean(on_real) + ops.mean(ops.softplus(fake))
    if name == "least-squares":
        return ops.mean(ops.square(real - (1 - smoothing)) + ops.square(fake)) / 2
    if name == "hinge":
        return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))
    return ops.mean(fake) - ops.mean(real)


def generator_loss(name: Loss, fake: Any) -> Any:
    """Return the loss of the generator, from the scores of the examples that it generated."""
    if name == "non-saturating":
        return ops.mean(ops.softplus(-fake))
    if name == "least-squares":
        return ops.mean(ops.square(fake - 1)) / 2
    return -ops.mean(fake)


def check(config: Any) -> None:
    """Refuse settings that do not go together.

    Args:
        config: a `zoo.tasks.gan.GANConfig`.

    Raises:
        SettingError: label smoothing with a loss that has no target, a Wasserstein loss without spectral
            normalisation, which bounds the critic's slope, or an epoch that is chosen by the loss: it tells
            which network is ahead, not how good the generated examples are.
    """
    if config.label_smoothing and config.loss in ("hinge", "wasserstein"):
        raise SettingError(
            "label_smoothing changes the target of real examples; only the losses non-saturating and "
            f"least-squares have a target. Received: loss={config.loss}"
        )
    if config.loss == "wasserstein" and not config.spectral_norm:
        raise SettingError(
            "loss=wasserstein needs a critic of bounded slope: set spectral_norm=true. Received: false"
        )
    if (config.best_epoch or config.early_stopping) and config.monitor == "val_loss":
        raise SettingError(
            "The loss of a GAN does not say which epoch is the best. Set monitor to a measure of the "
            "validation in history.csv, such as monitor=val_psnr of deblur-gan. Received: monitor=val_loss"
        )
