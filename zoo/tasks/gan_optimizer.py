"""One optimizer for a GAN: it holds an optimizer for each network, and the generator's may wait.

With n discriminator steps, the discriminator moves in every step and the generator in every n-th step.
In between, the generator's weights and the state of its optimizer stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from zoo.tasks import optimizers

if TYPE_CHECKING:
    from zoo.tasks.gan import GAN

__all__ = ["AlternatingOptimizer", "from_config"]


class AlternatingOptimizer(keras.optimizers.Optimizer):
    """Two optimizers of Keras side by side: one for the generator, one for every other variable.

    Args:
        generator_variables: the trainable variables that the second optimizer moves.
        discriminator_optimizer: the optimizer of every other variable.
        generator_optimizer: the optimizer of the generator's variables.
        discriminator_steps: steps of the discriminator for each step of the generator, at least 1.
    """

    def __init__(
        self,
        generator_variables: Sequence[Any],
        discriminator_optimizer: Any,
        generator_optimizer: Any,
        discriminator_steps: int = 1,
    ) -> None:
        super().__init__(learning_rate=1.0, name="alternating")
        # Keras would track a list of variables as the optimizer's own: JAX refuses to donate them twice
        own = tuple(generator_variables)
        self._generator_variables: Callable[[], tuple[Any, ...]] = lambda: own
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_optimizer = generator_optimizer
        self.discriminator_steps = discriminator_steps

    @property
    def generator_variables(self) -> list[Any]:
        """The variables that the second optimizer moves."""
        return list(self._generator_variables())

    @property
    def variables(self) -> list[Any]:
        """The state of both optimizers, and the count of steps."""
        return [
            *super().variables,
            *self.discriminator_optimizer.variables,
            *self.generator_optimizer.variables,
        ]

    @property
    def learning_rate(self) -> Any:
        """The discriminator's learning rate."""
        return self.discriminator_optimizer.learning_rate

    def build(self, variables: Sequence[Any]) -> None:
        """Create the state of each optimizer for its variables."""
        if self.built:
            return
        for optimizer, _, own in self._shares(variables, variables):
            optimizer.build(own)
        super().build(variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Move the discriminator, and in every n-th step the generator."""
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            self.build(trainable_variables)
        variables = (
            self._trainable_variables if trainable_variables is None else trainable_variables
        )
        discriminator, generator = self._shares(grads, variables)
        self.discriminator_optimizer.apply(*discriminator[1:])
        if self.discriminator_steps == 1:
            self.generator_optimizer.apply(*generator[1:])
        else:
            self._apply_every_nth_step(*generator[1:])
        self.iterations.assign_add(1)

    def _shares(
        self, grads: Sequence[Any], variables: Sequence[Any]
    ) -> Iterator[tuple[Any, list[Any], list[Any]]]:
        """Yield each optimizer with its gradients and its variables, the discriminator's first."""
        generator = {id(variable) for variable in self.generator_variables}
        for optimizer, is_generator in (
            (self.discriminator_optimizer, False),
            (self.generator_optimizer, True),
        ):
            own = [
                at for at, each in enumerate(variables) if (id(each) in generator) is is_generator
            ]
            yield optimizer, [grads[at] for at in own], [variables[at] for at in own]

    def _apply_every_nth_step(self, grads: Sequence[Any], variables: Sequence[Any]) -> None:
        """Move the generator, and undo the move in every other step."""
        moves = ops.equal((self.iterations + 1) % self.discriminator_steps, 0)
        state = [*variables, *self.generator_optimizer.variables]
        before = [ops.copy(variable) for variable in state]
        self.generator_optimizer.apply(grads, variables)
        for variable, old in zip(state, before, strict=True):
            variable.assign(ops.where(moves, ops.convert_to_tensor(variable), old))


def from_config(model: GAN, steps: int) -> AlternatingOptimizer:
    """Return the optimizer that a GAN's settings describe.

    Args:
        model: the GAN; its config and its `generator_variables` are read.
        steps: the discriminator's steps in the whole training.
    """
    config = model.config
    adam = config.optimizer == "adam"
    discriminator, generator = (
        optimizers.optimizer(
            config.optimizer,
            rate,
            steps=count,
            schedule=config.schedule,
            betas=betas if adam else None,
        )
        for rate, betas, count in (
            (config.learning_rate, config.betas, steps),
            (
                config.generator_learning_rate or config.learning_rate,
                config.generator_betas or config.betas,
                max(1, steps // config.discriminator_steps),
            ),
        )
    )
    return AlternatingOptimizer(
        model.generator_variables, discriminator, generator, config.discriminator_steps
    )
