"""The settings of a visualisation: network, objective, image, transforms, regularisers, optimizer."""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from zoo.config import Fraction, WithoutData
from zoo.interpret.inputs.pixel_values import PixelValues

Power = Annotated[float, Field(ge=1)]


class Config(WithoutData):
    """Settings of images that show what a network has learned."""

    network: str | None = None
    """Run, .keras file or name of keras.applications to visualise. None: fixed random features."""
    pixel_range: str | None = None
    """Values of black and white that the network takes, such as 0..255. None: its layers tell, or 0..1."""
    preprocess: Literal["caffe", "torch", "tf"] | None = None
    """Preprocessing of keras.applications that the network was trained with."""
    objective: str = "channel:conv_2:*"
    """What to maximise: terms such as `channel:LAYER:7 - 0.5*channel:LAYER:9`; * makes an image for each."""
    target: str | None = None
    """Image whose features inversion reconstructs: a file, or test examples as DATASET:7 or DATASET:0..9."""
    images: PositiveInt = 1
    """Images of each objective; they start from different noise."""

    parameterization: Literal["pixels", "fourier"] = "pixels"
    """What is trained: pixels, or frequencies of decorrelated colours."""
    start: str = "noise"
    """Start: noise, an image file, test examples as DATASET:7 or DATASET:0..9, or the images of run:NAME."""
    mean: float | None = None
    """Value around which the noise lies and from which norms measure. None: grey; 0 for series."""
    noise_scale: NonNegativeFloat = 0.01
    """Standard deviation of the noise; white is 1."""
    noise_blur: NonNegativeFloat = 0.0
    """Standard deviation of the blur of the noise, in pixels."""
    budget: NonNegativeFloat = 0.0
    """Largest distance of an image from its start, in budget_norm; 0: no limit."""
    budget_norm: Literal["linf", "l2"] = "linf"
    """Distance: linf is the largest change of a pixel, l2 the root of the sum of squared changes."""

    initial_size: str | None = None
    """First size: 600x800, or x0.5 of the start's size. None: the size of the start image or of the input."""
    final_size: str | None = None
    """Last size, in the same form. None: the first size."""
    num_sizes: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of sizes; each size begins with the result of the size before it."""
    resize_type: Literal["geometric", "linear"] = "geometric"
    """How sizes grow: by equal factors or by equal steps."""
    tile: str | None = None
    """Size of the overlapping windows that the network sees: 224x224, or whole. None: the input's size."""
    batch_size: PositiveInt = 1
    """Windows of each image in one step."""
    pixel_rates: bool = True
    """Divide the learning rate of each pixel by the number of windows that it is in."""

    padding: Literal["reflect", "grey", "black"] = "reflect"
    """What transforms show beyond an image's border."""
    shift_pixels: NonNegativeInt = 2
    """Largest shift in each step, in pixels."""
    zoom: Fraction = 0.05
    """Largest relative enlargement or reduction in each step."""
    rotation: NonNegativeFloat = 5.0
    """Largest rotation in each step, in degrees."""

    alpha: Power = 6.0
    """Power of the norm that holds pixels near the start image, or near the mean."""
    p_scale: PositiveFloat = 1.0
    """Divisor of the pixels in that norm; white is 255."""
    p_reg: NonNegativeFloat = 0.0
    """Weight of that norm."""
    alpha_aux: Power = 6.0
    """Power of a second norm, which holds pixels near the mean whatever the start."""
    p_scale_aux: PositiveFloat = 1.0
    """Divisor of the pixels in the second norm; white is 255."""
    p_reg_aux: NonNegativeFloat = 0.0
    """Weight of the second norm."""
    tv_beta: Power = 2.0
    """Power of the gradient's length in the total variation."""
    tv_reg: NonNegativeFloat = 0.0
    """Weight of the total variation."""
    tv_reg_scale: PositiveFloat = 1.0
    """Divisor of the pixels in the total variation; white is 255."""
    tv_reg_step: NonNegativeFloat = 0.0
    """Amount by which the weight of the total variation grows every tv_reg_step_iter steps."""
    tv_reg_step_iter: PositiveInt = 50
    """Steps between two increases of that weight."""
    tv_grad_operator: Literal["naive", "sobel", "sobel_squish"] = "naive"
    """Gradient operator of the total variation."""

    l1: NonNegativeFloat = 1.0
    """Weight of |a| in the gradient of the objective `layer` for an activation a."""
    l2: NonNegativeFloat = 1.0
    """Weight of a, clipped to +-grad_clip, in that gradient."""
    grad_clip: PositiveFloat = 5.0
    """Bound of a in that gradient."""

    optimizer: Literal["adam", "rmsprop", "normalized", "sign"] = "adam"
    """How a gradient becomes a step."""
    decay_rate: Fraction = 0.95
    """Share of the old mean of squared gradients that rmsprop keeps."""
    learning_rate: PositiveFloat = 0.05
    """Size of a step; white is 1."""
    learning_rate_decay_iter: PositiveInt = 100
    """Steps between two reductions of the learning rate."""
    learning_rate_decay_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Factor of each reduction; 1: none."""

    network_digest: str | None = None
    """The sha256 of the network's weights; set when a training begins."""
    start_shape: tuple[PositiveInt, ...] | None = None
    """Number and size of the start images; set when a training begins."""

    @property
    def pixels(self) -> PixelValues:
        """The pixels that the network wants."""
        return PixelValues(self.pixel_range, self.preprocess)

    @property
    def grey(self) -> float:
        """The value around which the noise lies."""
        if self.mean is not None:
            return self.mean
        return 0.5 if len(self.start_shape or ()) > 2 else 0.0

    @property
    def start_count(self) -> int:
        """The number of start images."""
        return self._resolved_start_shape[0]

    @property
    def start_size(self) -> tuple[int, ...]:
        """The size of the start images, without channels."""
        return self._resolved_start_shape[1:]

    @property
    def _resolved_start_shape(self) -> tuple[int, ...]:
        assert self.start_shape is not None, "with_content_hashes() sets it"
        return self.start_shape

    def with_content_hashes(self) -> Self:
        """Return a copy with the hash of the network's weights and the shape of the start images."""
        from . import starts, visualized_network

        if self.network_digest is not None:
            return self
        network = visualized_network.open_network(self.network, self.pixels)
        if str(self.network).endswith((".keras", ".h5")):
            visualized_network.warn_if_unresponsive(str(self.network), network)
        shape = starts.start_shape(self, network.shape)
        return self.replace(network_digest=network.digest, start_shape=shape)
