"""One optimizer for two networks: each has a rule and a rate of its own, and the generator may wait.

With n critic steps, the critic moves in every step and the generator in every n-th; in between, its
weights and everything that its rule remembers stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from zoo.tasks import optimizers

if TYPE_CHECKING:
    from zoo.tasks.gan import GAN


class AlternatingOptimizer(keras.optimizers.Optimizer):
    """Keras' own optimizers side by side, one for the generator and one for every other variable.

    Args:
        generator: the network whose trainable variables move by the second rule.
        critic_rule: the optimizer of everything else.
        generator_rule: the optimizer of the generator.
        critic_steps: steps of the critic for each of the generator.
    """

    def __init__(
        self, generator: Any, critic_rule: Any, generator_rule: Any, critic_steps: int = 1
    ) -> None:
        super().__init__(learning_rate=1.0, name="alternating")
        self.generator = generator
        self.critic_rule, self.generator_rule = critic_rule, generator_rule
        self.critic_steps = critic_steps

    @property
    def variables(self) -> list[Any]:
        """Everything that both rules remember, and the count of steps."""
        return [*super().variables, *self.critic_rule.variables, *self.generator_rule.variables]

    @property
    def learning_rate(self) -> Any:
        """The critic's rate."""
        return self.critic_rule.learning_rate

    def build(self, variables: Sequence[Any]) -> None:
        """Share the variables out, and let each rule make its memory."""
        if self.built:
            return
        for rule, pairs in self._shared(variables, variables):
            rule.build([variable for _, variable in pairs])
        super().build(variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Move the critic, and the generator if it is its turn."""
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            self.build(trainable_variables)
        variables = (
            self._trainable_variables if trainable_variables is None else trainable_variables
        )
        (critic, ours), (generator, theirs) = self._shared(grads, variables)
        critic.apply(*zip(*ours, strict=True))
        if self.critic_steps == 1:
            generator.apply(*zip(*theirs, strict=True))
        else:
            self._in_turn(*zip(*theirs, strict=True))
        self.iterations.assign_add(1)

    def _shared(self, grads: Sequence[Any], variables: Sequence[Any]) -> Any:
        """Give each rule with its pairs of gradient and variable."""
        made = {id(variable) for variable in self.generator.trainable_variables}
        pairs = list(zip(grads, variables, strict=True))
        return (
            (self.critic_rule, [pair for pair in pairs if id(pair[1]) not in made]),
            (self.generator_rule, [pair for pair in pairs if id(pair[1]) in made]),
        )

    def _in_turn(self, grads: Sequence[Any], variables: Sequence[Any]) -> None:
        """Move the generator, and take it back where it is not its turn."""
        turn = ops.equal((self.iterations + 1) % self.critic_steps, 0)
        held = [*variables, *self.generator_rule.variables]
        before = [ops.copy(variable) for variable in held]
        self.generator_rule.apply(grads, variables)
        for variable, old in zip(held, before, strict=True):
            variable.assign(ops.where(turn, ops.convert_to_tensor(variable), old))


def from_config(model: GAN, steps: int) -> AlternatingOptimizer:
    """Make the optimizer that a GAN's settings describe, for a training of so many steps.

    Args:
        model: the GAN; its config is read.
        steps: of the whole training, the critic's.
    """
    config = model.config
    adam = config.optimizer == "adam"
    critic, generator = (
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
                config.generator_rate or config.learning_rate,
                config.generator_betas or config.betas,
                max(1, steps // config.critic_steps),
            ),
        )
    )
    return AlternatingOptimizer(model.generator, critic, generator, config.critic_steps)
