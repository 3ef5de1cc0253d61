"""The settings of a visualisation: network, objective, image, transforms, regularisers, rule."""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from zoo.config import Fraction, WithoutData

Natural = Annotated[float, Field(ge=1)]


class Config(WithoutData):
    """Settings of a picture of what a network has learnt."""

    network: str | None = None
    """Run, .keras file or name of keras.applications to look into. None: fixed random features."""
    objective: str = "channel:conv_2:*"
    """What is raised: terms such as `channel:LAYER:7 - 0.5*channel:LAYER:9`; * is an image each."""
    target: str | None = None
    """Image whose features inversion rebuilds: a file, or DATASET:7 or DATASET:0..9 of its test split."""
    images: PositiveInt = 1
    """Images of one objective, which differ in their noise."""

    parameterisation: Literal["pixels", "fourier"] = "pixels"
    """What the weights are: pixels, or frequencies of decorrelated colours."""
    start: str = "noise"
    """Noise, an image file, DATASET:7 or DATASET:0..9 of its test split, or run:NAME for its result."""
    mean: float | None = None
    """Value that noise is around and norms call 0, such as a dataset's mean. None: grey; for series 0."""
    noise_scale: NonNegativeFloat = 0.01
    """Deviation of the noise to start from, where white is 1."""
    noise_blur: NonNegativeFloat = 0.0
    """Deviation, in pixels, of the blur of that noise."""
    budget: NonNegativeFloat = 0.0
    """How far an image may leave its start, in budget_norm; 0 is any distance."""
    budget_norm: Literal["linf", "l2"] = "linf"
    """Largest change of a pixel, or root of the sum of squared changes."""

    initial_size: str | None = None
    """First size: 600x800, or x0.5 of the start's. None: the start image's, or the network's."""
    final_size: str | None = None
    """Last size, likewise. None: the first."""
    num_sizes: PositiveInt = 1
    """Sizes from first to last; each begins with what the one before it made."""
    resize_type: Literal["geometric", "linear"] = "geometric"
    """How the sizes grow."""
    tile: str | None = None
    """Size of the overlapping windows that the network sees, 224x224, or whole. None: its input's."""
    batch_size: PositiveInt = 1
    """Windows of each image that one step looks at."""
    pixel_rates: bool = True
    """Divide the rate of each pixel by the number of windows that it is in."""

    padding: Literal["reflect", "grey", "black"] = "reflect"
    """What transforms bring in from beyond an image's border."""
    jitter: NonNegativeInt = 2
    """Pixels by which each step may shift what the network sees."""
    scale: Fraction = 0.05
    """Share by which each step may enlarge or shrink it."""
    rotation: NonNegativeFloat = 5.0
    """Degrees by which each step may turn it."""

    alpha: Natural = 6.0
    """Power of the norm that holds pixels near the start image, or near the mean."""
    p_scale: PositiveFloat = 1.0
    """What pixels, white being 255, are divided by in it."""
    p_reg: NonNegativeFloat = 0.0
    """Weight of it."""
    alpha_aux: Natural = 6.0
    """Power of the norm that holds pixels near the mean, whatever the start."""
    p_scale_aux: PositiveFloat = 1.0
    """What pixels, white being 255, are divided by in it."""
    p_reg_aux: NonNegativeFloat = 0.0
    """Weight of it."""
    beta: Natural = 2.0
    """Power of the total variation."""
    tv_reg: NonNegativeFloat = 0.0
    """Weight of the total variation."""
    tv_reg_scale: PositiveFloat = 1.0
    """What pixels, white being 255, are divided by in it."""
    tv_reg_step: NonNegativeFloat = 0.0
    """What is added to its weight from time to time."""
    tv_reg_step_iter: PositiveInt = 50
    """Steps from one such addition to the next."""
    tv_grad_operator: Literal["naive", "sobel", "sobel_squish"] = "naive"
    """Differences that the variation is made of."""

    l1: NonNegativeFloat = 1.0
    """Share of |a| in what the objective `layer` adds to an activation a."""
    l2: NonNegativeFloat = 1.0
    """Share of a, clipped, in it."""
    grad_clip: PositiveFloat = 5.0
    """Where that is clipped."""

    rule: Literal["adam", "rmsprop", "normalised", "sign"] = "adam"
    """How gradients become steps."""
    decay_rate: Fraction = 0.95
    """Share of the old mean of squared gradients that rmsprop keeps."""
    learning_rate: PositiveFloat = 0.05
    """Size of a step, where white is 1."""
    learning_rate_decay_iter: PositiveInt = 100
    """Steps from one reduction of it to the next."""
    learning_rate_decay_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """What it is multiplied by then."""

    network_digest: str | None = None
    """The sha256 of the network's weights; found when a training begins."""
    start_shape: tuple[PositiveInt, ...] | None = None
    """Count and size of the images to start from; found when a training begins."""

    @property
    def grey(self) -> float:
        """The value that noise is around."""
        if self.mean is not None:
            return self.mean
        return 0.5 if len(self.start_shape or ()) > 2 else 0.0

    def with_content_hashes(self) -> Self:
        """Note what the network's weights and the start's size are now."""
        from . import starts, visualized_network

        if self.network_digest is not None:
            return self
        seen = visualized_network.opened(self.network)
        shape = starts.shape(self, seen.shape)
        return self.replace(network_digest=seen.digest, start_shape=shape)
