"""The canvas: the image is the weights, and a frozen network looks at it.

All that a training changes is among the model's variables: the image's parameters at its largest
size, of which a smaller one uses a corner; what it started from; which size it is at; the steps made
there; the seeds of its transforms. So a checkpoint holds it all, and the network not at all.
"""

import math
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import ops

import zoo
from zoo.interpret import networks

from . import (
    history,
    objectives,
    parameterisations,
    regularisers,
    schedule,
    starts,
    transforms,
    visualized_network,
)

CHUNK = 2**18  # pixels, or steps of series, that are looked at at once, or one image


class Canvas(keras.Model):
    """Images in front of a frozen network.

    Args:
        config: the settings, pinned.

    Raises:
        SettingError: the settings do not suit the network.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(name="canvas")
        self.config = config
        self.held = held(config)  # a plain object, into which Keras does not look for weights
        self.objective, self.plan = self.held.objective, self.held.plan
        self.count = together(self.objective.count, config.start_shape[0] * config.images)
        self.size = (*self.plan.final, self.held.network.shape[-1])
        self.ways = parameterisations.made(config, bounded=len(self.size) > 2)
        weights = (self.count, *self.ways.shape(self.size))
        self.parameters = self.add_weight(weights, "zeros", constraint=self.kept, name="parameters")
        self.start = self.add_weight(
            (self.count, *self.size), "zeros", trainable=False, name="start"
        )
        self.stage = self.add_weight((), "zeros", "int32", trainable=False, name="stage")
        self.steps = self.add_weight((), "zeros", "int32", trainable=False, name="steps")
        self.target = None
        if self.objective.has("inversion"):
            shape = (self.count, *self.plan.tile, self.size[-1])
            self.target = self.add_weight(shape, "zeros", trainable=False, name="target")
        frames = history.shape(config, self.count, self.size)
        self.album = self.add_weight(frames, "zeros", "uint8", trainable=False, name="album")
        self.chance = keras.random.SeedGenerator()
        self.reached = keras.metrics.Mean(name="reached")
        self.at, self.anchor = 0, None
        self.built = True

    def call(self, x: Any = None, training: bool = False) -> Any:
        """Give the images at the current size."""
        return self.image(self.parameters)

    def image(self, parameters: Any) -> Any:
        """Decode the corner of the parameters that the current size uses."""
        return self.ways.decoded(parameters[(slice(None), *map(slice, self.plan.sizes[self.at]))])

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Sum, over the images, the regularisers less the objective, in the windows of this step."""
        tiles, anchors = self.windows(y_pred)
        reached = self.values(transforms.transformed(tiles, self.config, self.chance))
        self.reached.update_state(ops.mean(reached) / self.seen_at_once)
        steps = ops.convert_to_tensor(self.steps)
        penalty = regularisers.penalty(
            tiles, anchors, steps // self.plan.turns(self.at), self.config
        )
        self.steps.assign_add(1)
        return penalty - ops.sum(reached)

    def values(self, tiles: Any) -> Any:
        """Give what each image reaches, summed over its windows, shape (count,)."""
        return self.objective.values(self.held.look(tiles, training=False), self.count)

    @property
    def seen_at_once(self) -> int:
        """How many windows of each image a step looks at."""
        return min(self.plan.at_once, len(self.plan.windows(self.at)))

    def windows(self, images: Any) -> tuple[Any, Any]:
        """Cut this step's windows out of the images and out of the anchor: (windows * count, ...)."""
        begins = self.plan.windows(self.at)
        if len(begins) == 1:
            return images, self.anchor
        size = (self.count, *self.plan.tile, images.shape[-1])
        order = ops.convert_to_tensor(np.array(begins, np.int32))
        cut = []
        for at in range(self.seen_at_once):
            turn = (ops.convert_to_tensor(self.steps) * self.seen_at_once + at) % len(begins)
            corner = [0, *ops.unstack(ops.take(order, turn, 0), len(self.plan.tile)), 0]
            cut.append([ops.slice(each, corner, size) for each in (images, self.anchor)])
        tiles, anchors = zip(*cut, strict=True)
        return ops.concatenate(tiles), ops.concatenate(anchors)

    def kept(self, parameters: Any) -> Any:
        """Bring parameters back to where pixels may be, and within the budget of the start."""
        parameters = self.ways.kept(parameters)
        budget = self.config.budget
        if not budget or self.anchor is None:
            return parameters
        anchor = self.padded(self.anchor)
        change = parameters - anchor
        if self.config.budget_norm == "linf":
            return self.ways.kept(anchor + ops.clip(change, -budget, budget))
        axes = tuple(range(1, len(anchor.shape)))
        length = ops.sqrt(ops.sum(ops.square(change), axes, keepdims=True) + 1e-12)
        # to [0, 1] once more moves pixels nearer to the start, which lies in it
        return self.ways.kept(anchor + change * ops.minimum(1.0, budget / length))

    def padded(self, corner: np.ndarray) -> np.ndarray:
        """Lay parameters of the current size into the corner of the largest."""
        whole = np.zeros(self.parameters.shape, np.float32)
        whole[(slice(None), *map(slice, corner.shape[1:]))] = corner
        return whole

    def shares(self) -> Any:
        """Give what the rate of each parameter is multiplied by: 1 / how many windows see it."""
        size, tile = self.plan.sizes[self.at], self.plan.tile
        if not self.config.pixel_rates or self.config.parameterisation != "pixels" or size == tile:
            return None
        counts = np.ones(self.plan.final, np.float32)
        counts[tuple(map(slice, size))] = schedule.overlaps(size, tile)
        return (1 / counts)[None, ..., None]

    def images(self) -> np.ndarray:
        """Give the images as they are now, shape (count, ..., channels)."""
        self.at = int(ops.convert_to_numpy(self.stage))
        return ops.convert_to_numpy(self.image(ops.convert_to_tensor(self.parameters)))

    def begin(self, start: np.ndarray | None, target: np.ndarray | None, seed: int) -> None:
        """Put the images to start from into the weights."""
        shape, first = (self.count, *self.size), (self.count, *self.plan.sizes[0], self.size[-1])
        given = np.full(shape, self.config.grey, np.float32)
        if start is not None:
            given = np.resize(start, shape)
        self.start.assign(given)
        if self.target is not None:
            if target is None:
                raise zoo.SettingError("inversion rebuilds an image: say which with target.")
            self.target.assign(np.resize(target, self.target.shape))
        painted = starts.resized(given, first[1:-1])
        if start is None or self.config.images > 1:
            painted = painted + starts.noise(self.config, first, seed)
        self.paint(painted)

    def paint(self, images: np.ndarray) -> None:
        """Make the weights show images of the current size."""
        if len(self.size) > 2:
            images = np.clip(images, 0, 1)
        self.parameters.assign(self.padded(self.ways.encoded(images.astype(np.float32))))

    def prepare(self, stage: int) -> None:
        """Be at a size: resize what was made, keep the start's detail, and note what it is held to."""
        now = int(ops.convert_to_numpy(self.stage))
        start = ops.convert_to_numpy(self.start)
        size = self.plan.sizes[stage]
        if stage != now:
            added = self.images() - starts.resized(start, self.plan.sizes[now])
            self.at = stage
            self.stage.assign(stage)
            self.steps.assign(0)
            self.paint(starts.resized(start, size) + starts.resized(added, size))
            forget(self.optimizer)
        self.at = stage
        self.anchor = starts.resized(start, size)
        self.refer()

    def refer(self) -> None:
        """Note the features and classes that images of this canvas are compared with."""
        if self.target is not None:
            target = ops.convert_to_numpy(self.target)
            self.objective.references.update(features(self.held.look, target))
        if self.objective.has("adversarial"):
            scores = self.scores(self.anchor)
            self.objective.references["classes"] = np.eye(scores.shape[-1], dtype=np.float32)[
                scores.argmax(-1)
            ]

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Give the classes' scores before the softmax, shape (n, classes)."""
        layer = self.held.network.scores
        return features(networks.truncate(self.held.network.model, [layer]), images)[layer]


def features(look: Any, images: np.ndarray) -> dict[str, np.ndarray]:
    """Give what layers make of many images, some at a time."""
    many = max(1, CHUNK // math.prod(images.shape[1:-1]))
    parts = [images[at : at + many] for at in range(0, len(images), many)]
    seen = [look(ops.convert_to_tensor(part), training=False) for part in parts]
    return {
        name: np.concatenate([ops.convert_to_numpy(each[name]) for each in seen])
        for name in seen[0]
    }


def held(config: Any) -> SimpleNamespace:
    """Hold the network, cut off where the objective looks, and the plan."""
    network = visualized_network.checked(config.network, config.network_digest)
    *own, channels = network.shape
    objective = objectives.parsed(config, network)
    plan = schedule.planned(config, config.start_shape[1:], own)
    transforms.check(config, plan.tile)
    shape = None if plan.tile == tuple(own) else (*plan.tile, channels)
    look = networks.truncate(network.model, objective.layers, shape)
    check_together(objective, plan)
    return SimpleNamespace(network=network, objective=objective, plan=plan, look=look)


def check_together(objective: Any, plan: Any) -> None:
    """Refuse objectives that need the whole image in one window.

    Raises:
        SettingError: it has several.
    """
    if objective.has(*objectives.REFERRED) and plan.sizes != (plan.tile,):
        raise zoo.SettingError(
            f"inversion and adversarial look at the whole image: of {schedule.told(plan.tile)}, which the "
            f"network takes. Received: {', '.join(map(schedule.told, plan.sizes))}"
        )


def together(wanted: int, given: int) -> int:
    """Say how many images there are, of so many objectives and so many images to start from.

    Raises:
        SettingError: one does not divide the other.
    """
    most = max(wanted, given)
    if most % wanted or most % given:
        raise zoo.SettingError(
            f"The objective stands for {wanted} images, and there are {given} to start from. One should "
            "divide the other."
        )
    return most


def forget(rule: Any) -> None:
    """Let a rule begin anew, but for its count of steps."""
    for slots in rule.kept.values():
        for slot in slots:
            slot.assign(ops.zeros_like(slot))
