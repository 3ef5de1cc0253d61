"""The types of `import zoo` for editors. Made by: zoo completion python > zoo/__init__.pyi

Each architecture has the type of its own settings, so an editor completes
`zoo.train("cnn", filters=...)`.
"""

from typing import Any, Literal, TypedDict, Unpack, overload
from collections.abc import Sequence
import keras
from zoo.runs.recipe import Data
from pathlib import Path
from zoo.runs.progress import Progress
from zoo.runs.repeats import Repeats
from zoo.config import ClassNames as ClassNames
from zoo.config import Config as Config
from zoo.config import Fraction as Fraction
from zoo.config import WithoutData as WithoutData
from zoo.data.dataset import Dataset as Dataset
from zoo.data.dataset import has_no_data as has_no_data
from zoo.data.images import read_image as read_image
from zoo.data.load import open_dataset as open_dataset
from zoo.data.split import Split as Split
from zoo.descriptions.describe import describe as describe
from zoo.descriptions.description import Description as Description
from zoo.entry_points import list_datasets as list_datasets
from zoo.errors import CatalogError as CatalogError
from zoo.errors import DataError as DataError
from zoo.errors import ExportError as ExportError
from zoo.errors import PluginError as PluginError
from zoo.errors import RunError as RunError
from zoo.errors import SettingError as SettingError
from zoo.errors import TrainingError as TrainingError
from zoo.errors import UnknownName as UnknownName
from zoo.errors import UnsafeFile as UnsafeFile
from zoo.errors import UsageError as UsageError
from zoo.errors import WeightsError as WeightsError
from zoo.errors import WriteError as WriteError
from zoo.errors import ZooError as ZooError
from zoo.exporters.api import export as export
from zoo.exporters.api import verify as verify
from zoo.exporters.report import Report as Report
from zoo.interpret.explain import explain as explain
from zoo.interpret.gallery import gallery as gallery
from zoo.io.results import Values as Values
from zoo.pages.api import page as page
from zoo.registry.architectures import list_architectures as list_architectures
from zoo.registry.catalog import list_models as list_models
from zoo.registry.hookspecs import Measure as Measure
from zoo.registry.hookspecs import hookimpl as hookimpl
from zoo.registry.run_info import RunInfo as RunInfo
from zoo.runs.comparison import compare as compare
from zoo.runs.evaluation import evaluate as evaluate
from zoo.runs.load import load as load
from zoo.runs.load import open as open
from zoo.runs.predict import apply as apply
from zoo.runs.predict import predict as predict
from zoo.runs.run import Run as Run
from zoo.sweeps.sweep import sweep as sweep

__all__: list[str] = ["CatalogError", "ClassNames", "Config", "DataError", "Dataset", "Description", "ExportError", "Fraction", "Measure", "PluginError", "Report", "Run", "RunError", "RunInfo", "SettingError", "Split", "TrainingError", "UnknownName", "UnsafeFile", "UsageError", "Values", "WeightsError", "WithoutData", "WriteError", "ZooError", "apply", "compare", "create", "describe", "evaluate", "explain", "export", "gallery", "has_no_data", "hookimpl", "list_architectures", "list_datasets", "list_models", "load", "open", "open_dataset", "page", "predict", "read_image", "sweep", "train", "train_seeds", "verify"]

class _AutoencoderSettings(TypedDict, total=False):
    """The settings of autoencoder."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Step size of the optimizer."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    optimizer: Literal['adam', 'adamw', 'rmsprop', 'sgd']
    """Optimizer; sgd has Nesterov momentum 0.9."""
    schedule: Literal['constant', 'cosine']
    """How the learning rate changes during training; cosine falls to zero."""
    warmup: float
    """Share of all steps in which the learning rate rises from zero."""
    weight_decay: float
    """Decoupled weight decay."""
    ema: float
    """Share of the old average that stays when weights are averaged over steps; 0: no average."""
    clip: float
    """Largest norm of the gradient of all weights together (Pascanu et al. 2013); 0: no limit."""
    shift: float
    """Largest shift along each axis, as a share of its size."""
    rotation: float
    """Largest rotation of an image to either side, in degrees."""
    zoom: float
    """Largest crop or shrinking of an image, as a share of its size."""
    flip: bool
    """Mirror half of the examples: images left to right, volumes along each axis."""
    cutout: float
    """Side of a square that is filled with the mean, as a share of the image (DeVries & Taylor 2017)."""
    scaling: float
    """Standard deviation of the factor that scales each channel of a series (Um et al. 2017)."""
    jitter: float
    """Standard deviation of noise added to a series, as a share of each channel's own (Um et al. 2017)."""
    warp: float
    """Largest change of speed in a window of a series, as a share (Le Guennec et al. 2016)."""
    kind: Literal['simple', 'sparse', 'deep', 'conv', 'denoising', 'sequence']
    """The autoencoder of the source to build."""
    input_shape: Sequence[int] | None
    """Shape of one input, channels last. None: the dataset's."""
    units: Sequence[int] | None
    """Units of each dense or LSTM layer before the code, reversed in the decoder. None: the source's."""
    filters: Sequence[int] | None
    """Filters of each convolution before the code; conv and denoising only. None: the source's."""
    latent_dim: int | None
    """Size of the code; for conv and denoising its channels. None: the source's."""
    activation: Literal['relu', 'leaky_relu', 'elu', 'selu', 'silu', 'tanh', 'sigmoid', 'linear']
    """Activation of the layers before and after the code; LSTMs keep their own."""
    latent_activation: Literal['relu', 'leaky_relu', 'elu', 'selu', 'silu', 'tanh', 'sigmoid', 'linear'] | None
    """Activation of the code. None: relu, but linear for sequence."""
    kernel_size: int
    """Side of each convolution's window; conv and denoising only."""
    latent_l1: float | None
    """Weight of the code's L1 norm in the loss. None: 1e-4 for sparse, else 0."""
    noise: float | None
    """Standard deviation of the noise on training inputs. None: 0.5 for denoising, else 0."""
    loss: Literal['bce', 'mse'] | None
    """Cross-entropy (values in [0, 1]) or squared error. None: bce for images and volumes, else mse."""

class _CnnSettings(TypedDict, total=False):
    """The settings of cnn."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Step size of the optimizer."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    shift: float
    """Largest shift along each axis, as a share of its size."""
    rotation: float
    """Largest rotation of an image to either side, in degrees."""
    zoom: float
    """Largest crop or shrinking of an image, as a share of its size."""
    flip: bool
    """Mirror half of the examples: images left to right, volumes along each axis."""
    cutout: float
    """Side of a square that is filled with the mean, as a share of the image (DeVries & Taylor 2017)."""
    scaling: float
    """Standard deviation of the factor that scales each channel of a series (Um et al. 2017)."""
    jitter: float
    """Standard deviation of noise added to a series, as a share of each channel's own (Um et al. 2017)."""
    warp: float
    """Largest change of speed in a window of a series, as a share (Le Guennec et al. 2016)."""
    optimizer: Literal['adam', 'adamw', 'rmsprop', 'sgd']
    """Optimizer; sgd has Nesterov momentum 0.9."""
    schedule: Literal['constant', 'cosine']
    """How the learning rate changes during training; cosine falls to zero."""
    warmup: float
    """Share of all steps in which the learning rate rises from zero."""
    weight_decay: float
    """Decoupled weight decay."""
    ema: float
    """Share of the old average that stays when weights are averaged over steps; 0: no average."""
    clip: float
    """Largest norm of the gradient of all weights together (Pascanu et al. 2013); 0: no limit."""
    classes: Sequence[str] | int | None
    """Names of the classes, or their number. None: those of the data set."""
    label_smoothing: float
    """Probability that is taken from the true class and spread over all classes (Szegedy et al. 2016)."""
    class_weight: Literal['balanced'] | Sequence[float] | None
    """Weight of each class in the loss: one number for each class; or balanced: the rarer, the larger."""
    input_shape: Sequence[int | None] | None
    """Shape of one input, channels last; none for an axis of any size. None: the dataset's."""
    filters: Sequence[int]
    """Filters of each block's convolutions."""
    convolutions: int
    """Convolutions in a block."""
    kernel_size: int
    """Side of each convolution's window."""
    residual: bool
    """Add each block's input to the output of its convolutions (He et al. 2015)."""
    pre_activation: bool
    """Residual blocks in which normalisation and ReLU come before each convolution (He et al. 2016)."""
    blocks: int
    """Residual blocks for each number in `filters`; for pre_activation only."""
    stem_filters: int | None
    """Filters of the convolution before the first block; for pre_activation only. None: the first block's."""
    squeeze: int
    """Reduction ratio of squeeze-and-excitation in each residual block (Hu et al. 2018); 0: none. For pre_activation only."""
    normalization: Literal['none', 'batch', 'group', 'layer']
    """Normalisation between convolution and ReLU."""
    pooling: Literal['max', 'average', 'stride']
    """How a block halves its size: by pooling, or by the stride of its last convolution."""
    global_pooling: Literal['average', 'max', 'flatten']
    """How the last block's feature maps become one vector; flatten needs a fixed size."""
    dropout: float
    """Rate of the spatial dropout after each block: of whole feature maps (Tompson et al. 2015)."""
    head_dropout: float
    """Dropout rate of the vector before the last layer."""
    precision: Literal['float32', 'mixed_float16', 'mixed_bfloat16']
    """Keras' dtype policy in training; weights and exported parts are float32 (Micikevicius et al. 2018)."""

class _CnnVisSettings(TypedDict, total=False):
    """The settings of cnn-vis."""

    epochs: int
    """Times that a checkpoint is written."""
    batch_size: int
    """Windows of each image in one step."""
    learning_rate: float
    """Size of a step; white is 1."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    steps_per_epoch: int
    """Steps from one checkpoint to the next."""
    network: str | None
    """Run, .keras file or name of keras.applications to visualise. None: fixed random features."""
    pixel_range: str | None
    """Values of black and white that the network takes, such as 0..255. None: its layers tell, or 0..1."""
    preprocess: Literal['caffe', 'torch', 'tf'] | None
    """Preprocessing of keras.applications that the network was trained with."""
    objective: str
    """What to maximise: terms such as `channel:LAYER:7 - 0.5*channel:LAYER:9`; * makes an image for each."""
    target: str | None
    """Image whose features inversion reconstructs: a file, or test examples as DATASET:7 or DATASET:0..9."""
    images: int
    """Images of each objective; they start from different noise."""
    parameterization: Literal['pixels', 'fourier']
    """What is trained: pixels, or frequencies of decorrelated colours."""
    start: str
    """Start: noise, an image file, test examples as DATASET:7 or DATASET:0..9, or the images of run:NAME."""
    mean: float | None
    """Value around which the noise lies and from which norms measure. None: grey; 0 for series."""
    noise_scale: float
    """Standard deviation of the noise; white is 1."""
    noise_blur: float
    """Standard deviation of the blur of the noise, in pixels."""
    budget: float
    """Largest distance of an image from its start, in budget_norm; 0: no limit."""
    budget_norm: Literal['linf', 'l2']
    """Distance: linf is the largest change of a pixel, l2 the root of the sum of squared changes."""
    initial_size: str | None
    """First size: 600x800, or x0.5 of the start's size. None: the size of the start image or of the input."""
    final_size: str | None
    """Last size, in the same form. None: the first size."""
    num_sizes: int
    """Number of sizes; each size begins with the result of the size before it."""
    resize_type: Literal['geometric', 'linear']
    """How sizes grow: by equal factors or by equal steps."""
    tile: str | None
    """Size of the overlapping windows that the network sees: 224x224, or whole. None: the input's size."""
    pixel_rates: bool
    """Divide the learning rate of each pixel by the number of windows that it is in."""
    padding: Literal['reflect', 'grey', 'black']
    """What transforms show beyond an image's border."""
    shift_pixels: int
    """Largest shift in each step, in pixels."""
    zoom: float
    """Largest relative enlargement or reduction in each step."""
    rotation: float
    """Largest rotation in each step, in degrees."""
    alpha: float
    """Power of the norm that holds pixels near the start image, or near the mean."""
    p_scale: float
    """Divisor of the pixels in that norm; white is 255."""
    p_reg: float
    """Weight of that norm."""
    alpha_aux: float
    """Power of a second norm, which holds pixels near the mean whatever the start."""
    p_scale_aux: float
    """Divisor of the pixels in the second norm; white is 255."""
    p_reg_aux: float
    """Weight of the second norm."""
    tv_beta: float
    """Power of the gradient's length in the total variation."""
    tv_reg: float
    """Weight of the total variation."""
    tv_reg_scale: float
    """Divisor of the pixels in the total variation; white is 255."""
    tv_reg_step: float
    """Amount by which the weight of the total variation grows every tv_reg_step_iter steps."""
    tv_reg_step_iter: int
    """Steps between two increases of that weight."""
    tv_grad_operator: Literal['naive', 'sobel', 'sobel_squish']
    """Gradient operator of the total variation."""
    l1: float
    """Weight of |a| in the gradient of the objective `layer` for an activation a."""
    l2: float
    """Weight of a, clipped to +-grad_clip, in that gradient."""
    grad_clip: float
    """Bound of a in that gradient."""
    optimizer: Literal['adam', 'rmsprop', 'normalized', 'sign']
    """How a gradient becomes a step."""
    decay_rate: float
    """Share of the old mean of squared gradients that rmsprop keeps."""
    learning_rate_decay_iter: int
    """Steps between two reductions of the learning rate."""
    learning_rate_decay_fraction: float
    """Factor of each reduction; 1: none."""
    network_digest: str | None
    """The sha256 of the network's weights; set when a training begins."""
    start_shape: Sequence[int] | None
    """Number and size of the start images; set when a training begins."""

class _DcganSettings(TypedDict, total=False):
    """The settings of dcgan."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Learning rate of the discriminator."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    loss: Literal['non-saturating', 'least-squares', 'hinge', 'wasserstein']
    """Loss of discriminator and generator."""
    label_smoothing: float
    """How far the discriminator's target for real examples lies below 1 (Salimans et al. 2016)."""
    spectral_norm: bool
    """Divide each kernel of the discriminator by its largest singular value (Miyato et al. 2018)."""
    discriminator_steps: int
    """Steps of the discriminator for each step of the generator."""
    ema: float
    """Share of the old average that stays when the generator's weights are averaged; 0: no average."""
    optimizer: Literal['adam', 'rmsprop']
    """Optimizer of both networks."""
    schedule: Literal['constant', 'cosine']
    """How both learning rates change during training."""
    generator_learning_rate: float | None
    """Learning rate of the generator. None: the discriminator's."""
    betas: Sequence[float]
    """Adam's beta_1 and beta_2 for the discriminator."""
    generator_betas: Sequence[float] | None
    """Adam's beta_1 and beta_2 for the generator. None: the discriminator's."""
    input_shape: Sequence[int] | None
    """Height, width and channels of the images. None: the dataset's."""
    classes: Sequence[str] | int | None
    """Names of the classes, or their number; for conditional models only. None: the dataset's."""
    conditional: bool
    """Whether generator and discriminator also get the class of an image."""
    latent_dim: int
    """Dimensions of the latent space."""
    prior: Literal['normal', 'uniform']
    """Distribution of each latent: N(0, 1), or uniform from -1 to 1."""
    generator_filters: Sequence[int]
    """Channels of the first feature map, and filters of each convolution except the last one."""
    generator_strides: Sequence[int]
    """Factors by which the generator's convolutions upsample; the last one makes the image."""
    discriminator_filters: Sequence[int]
    """Filters of each convolution of the discriminator."""
    discriminator_strides: Sequence[int]
    """Stride of each convolution of the discriminator."""
    kernel_size: int
    """Side of each convolution's window; a multiple of the strides avoids checkerboard patterns."""
    upsampling: Literal['transpose', 'nearest']
    """Upsampling by a transposed convolution, or to the nearest neighbour before a convolution."""
    generator_normalization: Literal['none', 'batch']
    """Normalisation before each ReLU of the generator."""
    discriminator_normalization: Literal['none', 'batch', 'layer']
    """Normalisation before each leaky ReLU of the discriminator except the first one."""
    generator_dropout: float
    """Dropout rate of the generator's first feature map."""
    discriminator_dropout: float
    """Dropout rate after each convolution of the discriminator."""
    evaluation_images: int
    """Generated images for the metrics; at most the number of test images."""
    feature_network: str | None
    """Run or .keras file of a classifier in whose features the metrics are computed. None: pixels only."""

class _DeblurGanSettings(TypedDict, total=False):
    """The settings of deblur-gan."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Learning rate of the discriminator."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    loss: Literal['non-saturating', 'least-squares', 'hinge', 'wasserstein']
    """Loss of discriminator and generator."""
    label_smoothing: float
    """How far the discriminator's target for real examples lies below 1 (Salimans et al. 2016)."""
    spectral_norm: bool
    """Divide each kernel of the discriminator by its largest singular value (Miyato et al. 2018)."""
    discriminator_steps: int
    """Steps of the discriminator for each step of the generator."""
    ema: float
    """Share of the old average that stays when the generator's weights are averaged; 0: no average."""
    optimizer: Literal['adam', 'rmsprop']
    """Optimizer of both networks."""
    schedule: Literal['constant', 'cosine']
    """How both learning rates change during training."""
    generator_learning_rate: float | None
    """Learning rate of the generator. None: the discriminator's."""
    betas: Sequence[float]
    """Adam's beta_1 and beta_2 for the discriminator."""
    generator_betas: Sequence[float] | None
    """Adam's beta_1 and beta_2 for the generator. None: the discriminator's."""
    input_shape: Sequence[int] | None
    """Height, width and channels of sharp images; 2 or 6 channels are a blurred and a sharp image, one behind the other. None: the dataset's."""
    crop: int | None
    """Side of the squares that training uses, cut anew in each step. None: whole images."""
    blur_kernel_size: int
    """Side of the square of a kernel of camera shake, in pixels; odd."""
    shake: Sequence[float]
    """Strength of the blur: least and largest root mean square distance of the camera's path from its centre, in pixels. A straight path is 3.5 times as long."""
    blur_kernels: int
    """Number of different kernels for the training images."""
    weak_kernels: float
    """Share of these kernels with a weaker shake, from 0 to the least one, so that the network leaves an image sharp that is sharp already. The test images have none."""
    noise: float
    """Standard deviation of the noise that is added to blurred pixels; white is 1."""
    generator_filters: Sequence[int]
    """Filters of the first convolution, and of each convolution after it that halves the image."""
    outer_kernel_size: int
    """Kernel size of the generator's first and last convolution; odd."""
    block: Literal['residual', 'naf']
    """Blocks of two convolutions with normalisation and ReLU, or of depthwise convolutions with gates and channel attention (Chen et al. 2022); naf does not read generator_normalization, generator_dropout and upsampling."""
    blocks: int
    """Blocks at the lowest resolution."""
    outer_blocks: int
    """Blocks at each resolution between the first and the lowest, in encoder and decoder; naf only."""
    generator_normalization: Literal['none', 'instance']
    """Normalisation in the generator: instance normalisation (Ulyanov et al. 2016), or none."""
    generator_dropout: float
    """Dropout rate in each residual block."""
    upsampling: Literal['nearest', 'transpose']
    """Upsampling to the nearest neighbour before a convolution, or by a transposed convolution."""
    skips: bool
    """Add each feature map of the encoder to the decoder's of the same size (Ronneberger et al. 2015)."""
    discriminator_filters: Sequence[int]
    """Filters of each convolution of the discriminator; each halves the image."""
    pixel_loss: Literal['l1', 'l2', 'psnr']
    """Loss of the pixels: mean of |d|, mean of d^2, or log10 of each image's mean of d^2."""
    pixel_weight: float
    """Weight of the pixel loss."""
    perceptual_network: str | None
    """Network whose features are compared: a run, a .keras file or a name of keras.applications."""
    perceptual_layer: str | None
    """Layer of that network. None: the last one whose feature map is at least a quarter as high as the image."""
    perceptual_weight: float
    """Weight of the squared difference of features, relative to the sharp image's squared features."""
    adversarial_weight: float
    """Weight of the adversarial term in the generator's loss."""
    evaluation_images: int
    """Test images for the metrics, evenly spread over the split; at most all of them."""

class _MlpSettings(TypedDict, total=False):
    """The settings of mlp."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Step size of the optimizer."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    optimizer: Literal['adam', 'adamw', 'rmsprop', 'sgd']
    """Optimizer; sgd has Nesterov momentum 0.9."""
    schedule: Literal['constant', 'cosine']
    """How the learning rate changes during training; cosine falls to zero."""
    warmup: float
    """Share of all steps in which the learning rate rises from zero."""
    weight_decay: float
    """Decoupled weight decay."""
    ema: float
    """Share of the old average that stays when weights are averaged over steps; 0: no average."""
    clip: float
    """Largest norm of the gradient of all weights together (Pascanu et al. 2013); 0: no limit."""
    classes: Sequence[str] | int | None
    """Names of the classes, or their number. None: those of the data set."""
    label_smoothing: float
    """Probability that is taken from the true class and spread over all classes (Szegedy et al. 2016)."""
    class_weight: Literal['balanced'] | Sequence[float] | None
    """Weight of each class in the loss: one number for each class; or balanced: the rarer, the larger."""
    task: Literal['classification', 'regression']
    """Whether the model predicts classes or numbers."""
    outputs: int | None
    """Numbers that a regression predicts. None: the dataset's."""
    input_shape: Sequence[int] | None
    """Shape of one input; the model flattens it. None: the dataset's."""
    units: Sequence[int]
    """Units of each hidden layer, from the input to the output."""
    activation: Literal['relu', 'leaky_relu', 'prelu', 'relu6', 'elu', 'selu', 'celu', 'gelu', 'silu', 'softplus', 'tanh', 'sigmoid']
    """Activation of the hidden layers."""
    normalization: Literal['none', 'batch', 'layer']
    """Normalisation before each activation."""
    dropout: float
    """Dropout rate of the hidden layers (Srivastava et al. 2014)."""
    kernel_regularizer: str | None
    """Penalty on the weights: l1(1e-5), l2(1e-4) or l1_l2(1e-5, 1e-4)."""
    bias_regularizer: str | None
    """Penalty on the biases."""
    activity_regularizer: str | None
    """Penalty on the outputs of the dense layers."""
    kernel_constraint: str | None
    """Constraint on the weights: max_norm(3), min_max_norm(0.5, 2), unit_norm or non_neg."""
    bias_constraint: str | None
    """Constraint on the biases."""
    style: Literal['functional', 'sequential']
    """Keras' API that builds the network; both build the same one."""

class _NoveltyGanSettings(TypedDict, total=False):
    """The settings of novelty-gan."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Learning rate of the discriminator."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    loss: Literal['non-saturating', 'least-squares', 'hinge', 'wasserstein']
    """Loss of discriminator and generator."""
    label_smoothing: float
    """How far the discriminator's target for real examples lies below 1 (Salimans et al. 2016)."""
    spectral_norm: bool
    """Divide each kernel of the discriminator by its largest singular value (Miyato et al. 2018)."""
    discriminator_steps: int
    """Steps of the discriminator for each step of the generator."""
    ema: float
    """Share of the old average that stays when the generator's weights are averaged; 0: no average."""
    optimizer: Literal['adam', 'rmsprop']
    """Optimizer of both networks."""
    schedule: Literal['constant', 'cosine']
    """How both learning rates change during training."""
    generator_learning_rate: float | None
    """Learning rate of the generator. None: the discriminator's."""
    betas: Sequence[float]
    """Adam's beta_1 and beta_2 for the discriminator."""
    generator_betas: Sequence[float] | None
    """Adam's beta_1 and beta_2 for the generator. None: the discriminator's."""
    input_shape: Sequence[int] | None
    """Height, width and channels of an image, or time steps and channels of a series. None: the dataset's."""
    normal: int | str | None
    """Normal class of the data: its name, or its number from 0. None: the first class, if there are any."""
    generator_filters: Sequence[int]
    """Filters of the refiner's convolutions, each of which halves; those after the code are the reverse."""
    latent_dim: int
    """Dimensions of the refiner's code."""
    discriminator_filters: Sequence[int]
    """Filters of the discriminator's convolutions, each of which halves."""
    kernel_size: int
    """Side of each convolution's window; at most 3 after the code."""
    noise: float
    """Standard deviation of the noise that the refiner learns to remove; drawn in each step."""
    reconstruction_weight: float
    """Weight of the reconstruction loss; the adversarial term has the weight 1."""
    score: Literal['combined', 'reconstruction', 'discriminator', 'refined']
    """Novelty score: the reconstruction error, the discriminator's score of x or of R(x), or all combined."""
    baselines: bool
    """Train a plain autoencoder in the same steps, and measure it and other baselines."""
    components: int
    """Gaussians that the combined score describes normal examples by; several if these have several forms."""
    quantile: float
    """Share of held-out normal examples whose score is below the threshold."""

class _VaeSettings(TypedDict, total=False):
    """The settings of vae."""

    epochs: int
    """Passes over the training data."""
    batch_size: int
    """Examples in one step; at most all training examples."""
    learning_rate: float
    """Step size of the optimizer."""
    validation: float
    """Share of the training data that is held out for validation."""
    early_stopping: int
    """Epochs in a row without a better validation after which training stops; 0: no early stop."""
    best_epoch: bool
    """Whether the weights of the epoch with the best validation are kept, not those of the last epoch."""
    monitor: str
    """Measure of the validation that both of these follow, by its name in history.csv."""
    compile: Literal['auto', 'xla', 'none']
    """Compile the training step with XLA (TensorFlow). auto: measure a long training, and keep the faster."""
    threads: int | None
    """Processor threads of one operation, for the whole process. None or 0: the backend's own number."""
    resize: Literal['pad', 'stretch', 'crop']
    """Images of another shape are scaled and padded with black, stretched, or scaled and cropped."""
    freeze: Sequence[str]
    """Layers, by name or glob, whose weights stay as they are, as in training that starts from a run."""
    optimizer: Literal['adam', 'adamw', 'rmsprop', 'sgd']
    """Optimizer; sgd has Nesterov momentum 0.9."""
    schedule: Literal['constant', 'cosine']
    """How the learning rate changes during training; cosine falls to zero."""
    warmup: float
    """Share of all steps in which the learning rate rises from zero."""
    weight_decay: float
    """Decoupled weight decay."""
    ema: float
    """Share of the old average that stays when weights are averaged over steps; 0: no average."""
    clip: float
    """Largest norm of the gradient of all weights together (Pascanu et al. 2013); 0: no limit."""
    input_shape: Sequence[int] | None
    """Height, width and channels of the images. None: the dataset's."""
    latent_dim: int
    """Dimensions of the latent space."""
    kind: Literal['dense', 'conv']
    """Encoder and decoder: dense layers alone, or convolutions too."""
    units: Sequence[int]
    """Units of the encoder's dense layers; the decoder has them in reverse."""
    filters: Sequence[int]
    """Filters of the encoder's convolutions before its dense layers; each halves the image; conv only."""
    kernel_size: int
    """Side of each convolution's window; conv only."""
    activation: Literal['relu', 'elu', 'gelu', 'silu', 'tanh']
    """Activation of the hidden layers."""
    likelihood: Literal['bernoulli', 'gaussian']
    """Distribution of a pixel: Bernoulli, or Gaussian with one sigma, which is learned."""
    binarize: bool
    """Replace each training pixel by 1 or 0 in every step; its grey value is the probability of 1."""
    beta: float
    """Weight of the KL divergence from the prior (Higgins et al. 2017)."""
    kl_warmup: float
    """Share of the steps in which beta rises from 0 to its value (Sonderby et al. 2016)."""
    importance_samples: int
    """Importance samples of the bound that training maximises; 1 is the ELBO (Burda et al. 2016)."""
    bound_samples: int
    """Importance samples of the bound that `evaluate` computes; for binarize only."""
    bound_images: int
    """Test images that `evaluate` computes the bound of, from the first on; for binarize only."""

@overload
def create(
    name: Literal["autoencoder", "autoencoder.adrenal3d", "autoencoder.conv", "autoencoder.conv-digits", "autoencoder.deep", "autoencoder.denoising", "autoencoder.denoising-digits", "autoencoder.digits", "autoencoder.gunpoint", "autoencoder.italy-power", "autoencoder.simple", "autoencoder.sparse"],
    *,
    weights: bool = ...,
    **settings: Unpack[_AutoencoderSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["cnn", "cnn.adrenal3d", "cnn.basic-motions", "cnn.cifar10", "cnn.digits", "cnn.fashion-mnist", "cnn.gunpoint", "cnn.italy-power", "cnn.mnist"],
    *,
    weights: bool = ...,
    **settings: Unpack[_CnnSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["cnn-vis", "cnn-vis.adversarial", "cnn-vis.deepdream", "cnn-vis.digit-classes", "cnn-vis.digits", "cnn-vis.fashion-mnist", "cnn-vis.fooling", "cnn-vis.inceptionism", "cnn-vis.inversion", "cnn-vis.mnist"],
    *,
    weights: bool = ...,
    **settings: Unpack[_CnnVisSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["dcgan", "dcgan.by-example", "dcgan.digits", "dcgan.fashion-mnist", "dcgan.mnist", "dcgan.photos"],
    *,
    weights: bool = ...,
    **settings: Unpack[_DcganSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["deblur-gan", "deblur-gan.digits", "deblur-gan.photos", "deblur-gan.source"],
    *,
    weights: bool = ...,
    **settings: Unpack[_DeblurGanSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["mlp", "mlp.diabetes", "mlp.digits", "mlp.fashion-mnist", "mlp.guide-functional", "mlp.guide-sequential", "mlp.mnist"],
    *,
    weights: bool = ...,
    **settings: Unpack[_MlpSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["novelty-gan", "novelty-gan.digits", "novelty-gan.fashion-mnist", "novelty-gan.mnist", "novelty-gan.series"],
    *,
    weights: bool = ...,
    **settings: Unpack[_NoveltyGanSettings],
) -> keras.Model: ...
@overload
def create(
    name: Literal["vae", "vae.blog", "vae.cifar10", "vae.digits", "vae.digits-3d", "vae.fashion-mnist", "vae.mnist", "vae.mnist-20", "vae.mnist-binary", "vae.photos"],
    *,
    weights: bool = ...,
    **settings: Unpack[_VaeSettings],
) -> keras.Model: ...
@overload
def create(
    name: str,
    *,
    weights: bool = ...,
    **settings: Any,
) -> keras.Model: ...

@overload
def train(
    name: Literal["autoencoder", "autoencoder.adrenal3d", "autoencoder.conv", "autoencoder.conv-digits", "autoencoder.deep", "autoencoder.denoising", "autoencoder.denoising-digits", "autoencoder.digits", "autoencoder.gunpoint", "autoencoder.italy-power", "autoencoder.simple", "autoencoder.sparse"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_AutoencoderSettings],
) -> Run: ...
@overload
def train(
    name: Literal["cnn", "cnn.adrenal3d", "cnn.basic-motions", "cnn.cifar10", "cnn.digits", "cnn.fashion-mnist", "cnn.gunpoint", "cnn.italy-power", "cnn.mnist"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_CnnSettings],
) -> Run: ...
@overload
def train(
    name: Literal["cnn-vis", "cnn-vis.adversarial", "cnn-vis.deepdream", "cnn-vis.digit-classes", "cnn-vis.digits", "cnn-vis.fashion-mnist", "cnn-vis.fooling", "cnn-vis.inceptionism", "cnn-vis.inversion", "cnn-vis.mnist"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_CnnVisSettings],
) -> Run: ...
@overload
def train(
    name: Literal["dcgan", "dcgan.by-example", "dcgan.digits", "dcgan.fashion-mnist", "dcgan.mnist", "dcgan.photos"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_DcganSettings],
) -> Run: ...
@overload
def train(
    name: Literal["deblur-gan", "deblur-gan.digits", "deblur-gan.photos", "deblur-gan.source"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_DeblurGanSettings],
) -> Run: ...
@overload
def train(
    name: Literal["mlp", "mlp.diabetes", "mlp.digits", "mlp.fashion-mnist", "mlp.guide-functional", "mlp.guide-sequential", "mlp.mnist"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_MlpSettings],
) -> Run: ...
@overload
def train(
    name: Literal["novelty-gan", "novelty-gan.digits", "novelty-gan.fashion-mnist", "novelty-gan.mnist", "novelty-gan.series"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_NoveltyGanSettings],
) -> Run: ...
@overload
def train(
    name: Literal["vae", "vae.blog", "vae.cifar10", "vae.digits", "vae.digits-3d", "vae.fashion-mnist", "vae.mnist", "vae.mnist-20", "vae.mnist-binary", "vae.photos"],
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Unpack[_VaeSettings],
) -> Run: ...
@overload
def train(
    name: str,
    *,
    data: Data | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    tensorboard: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    callbacks: Sequence[Any] = ...,
    **settings: Any,
) -> Run: ...

@overload
def train_seeds(
    name: Literal["autoencoder", "autoencoder.adrenal3d", "autoencoder.conv", "autoencoder.conv-digits", "autoencoder.deep", "autoencoder.denoising", "autoencoder.denoising-digits", "autoencoder.digits", "autoencoder.gunpoint", "autoencoder.italy-power", "autoencoder.simple", "autoencoder.sparse"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_AutoencoderSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["cnn", "cnn.adrenal3d", "cnn.basic-motions", "cnn.cifar10", "cnn.digits", "cnn.fashion-mnist", "cnn.gunpoint", "cnn.italy-power", "cnn.mnist"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_CnnSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["cnn-vis", "cnn-vis.adversarial", "cnn-vis.deepdream", "cnn-vis.digit-classes", "cnn-vis.digits", "cnn-vis.fashion-mnist", "cnn-vis.fooling", "cnn-vis.inceptionism", "cnn-vis.inversion", "cnn-vis.mnist"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_CnnVisSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["dcgan", "dcgan.by-example", "dcgan.digits", "dcgan.fashion-mnist", "dcgan.mnist", "dcgan.photos"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_DcganSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["deblur-gan", "deblur-gan.digits", "deblur-gan.photos", "deblur-gan.source"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_DeblurGanSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["mlp", "mlp.diabetes", "mlp.digits", "mlp.fashion-mnist", "mlp.guide-functional", "mlp.guide-sequential", "mlp.mnist"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_MlpSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["novelty-gan", "novelty-gan.digits", "novelty-gan.fashion-mnist", "novelty-gan.mnist", "novelty-gan.series"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_NoveltyGanSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: Literal["vae", "vae.blog", "vae.cifar10", "vae.digits", "vae.digits-3d", "vae.fashion-mnist", "vae.mnist", "vae.mnist-20", "vae.mnist-binary", "vae.photos"],
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Unpack[_VaeSettings],
) -> Repeats: ...
@overload
def train_seeds(
    name: str,
    seeds: int = ...,
    *,
    data: str | Path | Dataset | None = ...,
    out: str | Path | None = ...,
    seed: int = ...,
    resume: bool = ...,
    force: bool = ...,
    progress: Progress | bool | None = ...,
    from_run: str | Path | Run | None = ...,
    **settings: Any,
) -> Repeats: ...
