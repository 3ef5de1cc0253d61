"""The canvas: a model whose weights are images, in front of a frozen network.

All that a training changes is among the model's variables: the parameters of the images at their largest
size (a smaller size uses a corner of them), the start images, the position of the stage, the steps made at
this stage, the album, and the seeds of the transforms. So a checkpoint is complete, and the network is no
part of it. The position of the stage is a variable; a train step is made for one `Stage`.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array, example_kind

from . import regularisers, transforms
from .album import album_shape
from .config import Config
from .objective_choices import check_windows, create_objective, image_count
from .objectives import CLASSES
from .parameterisations import create_parameterisation
from .schedule import create_schedule, window_corners
from .stage import Stage, leading_corner, pad_to
from .starts import draw_noise, resize_images
from .visualized_network import Visualized, batched_features, open_unchanged_network


class Canvas(keras.Model):
    """Images in front of a frozen network.

    Args:
        config: the settings, with the hash of the network and the shape of the start.

    Raises:
        SettingError: the settings do not fit the network.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(name="canvas")
        self.config = config
        network = open_unchanged_network(config.network, config.network_digest, config.pixels)
        self.objective = create_objective(config, network)
        self.schedule = create_schedule(config, config.start_size, network.shape[:-1])
        check_windows(self.objective, self.schedule)
        transforms.check_transforms(config, self.schedule.tile)
        # a plain object: see its class for why Keras does not track the network's weights
        self.visualized = Visualized(
            network, network.features(self.objective.layers, self.schedule.tile)
        )
        self.count = image_count(self.objective.count, config.start_count * config.images)
        self.image_shape = (*self.schedule.final, network.channels)
        self.parameterisation = create_parameterisation(config, self.is_bounded)
        self._add_variables()
        self.seed_generator = keras.random.SeedGenerator()
        self.reached = keras.metrics.Mean(name="reached")
        self.train_stage: Stage | None = None
        self.built = True

    def _add_variables(self) -> None:
        shape = (self.count, *self.image_shape)
        weights = (self.count, *self.parameterisation.weights_shape(self.image_shape))
        self.parameters = self.add_weight(
            weights, "zeros", constraint=self.project, name="parameters"
        )
        self.start = self.add_weight(shape, "zeros", trainable=False, name="start")
        self.stage_index = self.add_weight((), "zeros", "int32", trainable=False, name="stage")
        self.steps = self.add_weight((), "zeros", "int32", trainable=False, name="steps")
        self.target = None
        if self.objective.has("inversion"):
            shape = (self.count, *self.schedule.tile, self.image_shape[-1])
            self.target = self.add_weight(shape, "zeros", trainable=False, name="target")
        frames = album_shape(self.config, self.count, self.image_shape)
        self.album = self.add_weight(frames, "zeros", "uint8", trainable=False, name="album")

    @property
    def is_bounded(self) -> bool:
        """Whether pixels are in [0, 1]: those of images and volumes, not the values of series."""
        return example_kind(self.image_shape) != "series"

    @property
    def current_index(self) -> int:
        """The position of the stage that the weights are at."""
        return int(ops.convert_to_numpy(self.stage_index))

    def call(self, x: Any = None, training: bool = False) -> Any:
        """Return the images at the size of the train step's stage; of the first one if there is none."""
        size = self.train_stage.size if self.train_stage else self.schedule.sizes[0]
        return self.parameterisation.decode(leading_corner(self.parameters, size))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the regularisers minus the objective, summed over the images, in this step's windows."""
        stage = self._require_train_stage()
        tiles, anchors = stage.windows(y_pred, self.steps)
        values = self.values(
            transforms.transform(tiles, self.config, self.seed_generator), stage.references
        )
        self.reached.update_state(ops.mean(values) / stage.windows_per_step)
        rounds = ops.convert_to_tensor(self.steps) // stage.steps_per_round
        penalty = regularisers.penalty(tiles, anchors, rounds, self.config)
        self.steps.assign_add(1)
        return penalty - ops.sum(values)

    def _require_train_stage(self) -> Stage:
        if self.train_stage is None:
            raise zoo.TrainingError("A canvas trains after make_train_step(stage) alone.")
        return self.train_stage

    def values(self, tiles: Any, references: Any) -> Any:
        """Return the objective of each image, summed over its windows, shape (count,).

        Args:
            tiles: windows of the images, shape (windows * count, *tile, channels).
            references: what the images are compared with: those of a stage.
        """
        features = self.visualized.features(tiles, training=False)
        return self.objective.values(features, self.count, references)

    def project(self, parameters: Any) -> Any:
        """Return the nearest parameters in the range of pixels and in the budget around the start."""
        parameters = self.parameterisation.project(parameters)
        budget = self.config.budget
        if not budget or self.train_stage is None:
            return parameters
        anchor = pad_to(self.train_stage.anchor, self.parameters.shape)
        change = parameters - anchor
        if self.config.budget_norm == "linf":
            return self.parameterisation.project(anchor + ops.clip(change, -budget, budget))
        axes = tuple(range(1, len(anchor.shape)))
        length = ops.sqrt(ops.sum(ops.square(change), axes, keepdims=True) + 1e-12)
        # the second projection moves pixels nearer to the start, which is in [0, 1], so it keeps the budget
        return self.parameterisation.project(anchor + change * ops.minimum(1.0, budget / length))

    def pixel_rate_scales(self) -> Array | None:
        """Return the factors of the learning rate of each pixel at the train step's stage, or None."""
        if not self.config.pixel_rates or self.config.parameterization != "pixels":
            return None
        return self._require_train_stage().pixel_rate_scales(self.schedule.final)

    def images(self) -> Array:
        """Return the images as they are now, shape (count, ..., channels)."""
        size = self.schedule.sizes[self.current_index]
        parameters = leading_corner(ops.convert_to_tensor(self.parameters), size)
        images: Array = ops.convert_to_numpy(self.parameterisation.decode(parameters))
        return images

    def titles(self) -> list[str]:
        """Return the title of each image: the unit that it is made for."""
        from .metrics import image_titles  # it imports this module

        return image_titles(self)

    def reached_values(self) -> Array:
        """Return the objective of each image, shape (count,)."""
        from .metrics import objective_values

        return objective_values(self, self.images(), self.current_stage())

    def begin(self, start: Array | None, target: Array | None, seed: int) -> None:
        """Set the weights to the start images.

        Args:
            start: the start images at their largest size, or None for noise.
            target: the images that an inversion reconstructs, or None.
            seed: of the noise.

        Raises:
            SettingError: an inversion has no target.
        """
        shape = (self.count, *self.image_shape)
        images = np.full(shape, self.config.grey, np.float32)
        if start is not None:
            images = np.resize(start, shape)
        self.start.assign(images)
        if self.target is not None:
            if target is None:
                raise zoo.SettingError(
                    "The objective inversion reconstructs an image: set target. Received: target=None"
                )
            self.target.assign(np.resize(target, self.target.shape))
        first = resize_images(images, self.schedule.sizes[0])
        if start is None or self.config.images > 1:
            first = first + draw_noise(self.config, first.shape, seed)
        self.set_images(first)

    def set_images(self, images: Array) -> None:
        """Set the parameters to those of images of one of the schedule's sizes."""
        if self.is_bounded:
            images = np.clip(images, 0, 1)
        corner = self.parameterisation.encode(images.astype(np.float32))
        self.parameters.assign(pad_to(corner, self.parameters.shape))

    def enter(self, index: int) -> Stage:
        """Set the weights for a stage, and return it.

        At a new size, the images become the resized start plus the resized change, so that the start
        keeps its detail. The optimizer begins again there.
        """
        now = self.current_index
        if index != now:
            start = ops.convert_to_numpy(self.start)
            size = self.schedule.sizes[index]
            change = self.images() - resize_images(start, self.schedule.sizes[now])
            self.stage_index.assign(index)
            self.steps.assign(0)
            self.set_images(resize_images(start, size) + resize_images(change, size))
            self.optimizer.reset_slots()
        return self.current_stage()

    def current_stage(self) -> Stage:
        """Return the stage that the weights are at."""
        size = self.schedule.sizes[self.current_index]
        corners = tuple(window_corners(size, self.schedule.tile))
        anchor = resize_images(ops.convert_to_numpy(self.start), size)
        return Stage(
            self.current_index,
            size,
            self.schedule.tile,
            corners,
            min(self.schedule.windows_per_step, len(corners)),
            anchor,
            self._references(anchor),
        )

    def make_train_step(self, stage: Stage) -> None:
        """Make the train step of a stage, which `fit` then uses; Keras traces it again."""
        self.train_stage = stage
        self.make_train_function(force=True)

    def _references(self, anchor: Array) -> dict[str, Array]:
        """Return what the objective compares the images with."""
        references: dict[str, Array] = {}
        if self.target is not None:
            target = ops.convert_to_numpy(self.target)
            references |= batched_features(self.visualized.features, target)
        if self.objective.has("adversarial"):
            scores = self.visualized.network.class_scores(anchor)
            references[CLASSES] = np.eye(scores.shape[-1], dtype=np.float32)[scores.argmax(-1)]
        return references
