"""A way with JAX alone: networks as functions of a list of arrays, one jitted step, Adam by hand.

A layer is a pair: a function from a key and the input's shape to weights and the output's shape, and a
function from weights, input and key to the output. Moving statistics of normalisation are left out: they are
a few multiplications of vectors.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax, nn
from jax import numpy as jnp
from tasks import TASKS, Task
from turns import Turns

EPSILON = 1e-3
Layer = tuple[Callable[[Any, Any], Any], Callable[[Any, Any, Any], Any]]


def he_normal(key: Any, shape: tuple[int, ...], inputs: int) -> Any:
    return jax.random.normal(key, shape) * np.sqrt(2 / inputs)


def dense(units: int, bias: bool = True) -> Layer:
    def create(key: Any, shape: Any) -> Any:
        kernel = he_normal(key, (shape[-1], units), shape[-1])
        return [kernel, jnp.zeros(units)] if bias else [kernel], (*shape[:-1], units)

    return create, lambda w, x, key: x @ w[0] + (w[1] if bias else 0)


def conv(
    filters: int, size: int, stride: int = 1, bias: bool = True, transpose: bool = False
) -> Layer:
    def create(key: Any, shape: Any) -> Any:
        rank, channels = len(shape) - 2, shape[-1]
        kernel = he_normal(key, (*[size] * rank, channels, filters), size**rank * channels)
        sides = [side * stride if transpose else -(-side // stride) for side in shape[1:-1]]
        weights = [kernel, jnp.zeros(filters)] if bias else [kernel]
        return weights, (shape[0], *sides, filters)

    def apply(w: Any, x: Any, key: Any) -> Any:
        axes = "DHW"[-(x.ndim - 2) :]
        names = (f"N{axes}C", f"{axes}IO", f"N{axes}C")
        function = lax.conv_transpose if transpose else lax.conv_general_dilated
        y = function(x, w[0], [stride] * (x.ndim - 2), "SAME", dimension_numbers=names)
        return y + w[1] if bias else y

    return create, apply


def same(function: Callable[[Any, Any], Any]) -> Layer:
    """Return a layer without weights, from a function of input and key."""

    def create(key: Any, shape: Any) -> Any:
        output = jax.eval_shape(function, jax.ShapeDtypeStruct(shape, jnp.float32), key)
        return [], output.shape

    return create, lambda w, x, key: function(x, key)


def norm(axes: Callable[[Any], tuple[int, ...]]) -> Layer:
    """Return the normalisation over some axes, with a scale and an offset."""

    def apply(w: Any, x: Any, key: Any) -> Any:
        mean = x.mean(axes(x), keepdims=True)
        variance = jnp.square(x - mean).mean(axes(x), keepdims=True)
        return (x - mean) * (lax.rsqrt(variance + EPSILON) * w[0]) + w[1]

    return lambda key, s: ([jnp.ones(s[-1]), jnp.zeros(s[-1])], s), apply


batch_norm = norm(lambda x: tuple(range(x.ndim - 1)))
instance_norm = norm(lambda x: tuple(range(1, x.ndim - 1)))
flatten = same(lambda x, key: x.reshape(x.shape[0], -1))
mean_of_maps = same(lambda x, key: x.mean(tuple(range(1, x.ndim - 1))))
relu, silu, leaky_relu, double = (
    same(lambda x, key, f=f: f(x))
    for f in (
        nn.relu,
        nn.silu,
        partial(nn.leaky_relu, negative_slope=0.2),
        lambda x: x.repeat(2, 1).repeat(2, 2),
    )
)


def pool(padding: str = "VALID") -> Layer:
    def apply(x: Any, key: Any) -> Any:
        window = (1, *[2] * (x.ndim - 2), 1)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, window, padding)

    return same(apply)


def dropout(rate: float, maps: bool = False) -> Layer:
    def apply(x: Any, key: Any) -> Any:
        shape = (x.shape[0], *[1] * (x.ndim - 2), x.shape[-1]) if maps else x.shape
        return jnp.where(jax.random.bernoulli(key, 1 - rate, shape), x / (1 - rate), 0)

    return same(apply)


def reshape(*shape: int) -> Layer:
    return same(lambda x, key: x.reshape(x.shape[0], *shape))


def chain(*layers: Layer) -> Layer:
    def create(key: Any, shape: Any) -> Any:
        weights = []
        for at, layer in enumerate(layers):
            own, shape = layer[0](jax.random.fold_in(key, at), shape)
            weights.append(own)
        return weights, shape

    def apply(weights: Any, x: Any, key: Any) -> Any:
        for at, (layer, own) in enumerate(zip(layers, weights, strict=True)):
            x = layer[1](own, x, jax.random.fold_in(key, at))
        return x

    return create, apply


def cnn(task: Task) -> list[Layer]:
    layers: list[Layer] = []
    for filters in task.settings["filters"]:
        for _ in range(task.settings.get("convolutions", 2)):
            size = task.settings.get("kernel_size", 3)
            layers += [conv(filters, size, bias=False), batch_norm, relu]
        layers += [pool(), dropout(0.1, maps=True)]
    return [*layers, mean_of_maps, dropout(0.3), dense(task.classes)]


def mlp(task: Task) -> list[Layer]:
    hidden = [dense(1024), batch_norm, relu, dropout(0.4)]
    return [flatten, *hidden, *hidden, dense(task.classes)]


def autoencoder_conv() -> list[Layer]:
    layers = [
        conv(16, 3),
        relu,
        pool("SAME"),
        conv(32, 3),
        relu,
        pool("SAME"),
        conv(8, 3),
        pool("SAME"),
    ]
    crop = same(lambda x, key: x[:, :-1, :-1])
    layers += [conv(8, 3, 2, transpose=True), relu, crop]
    for filters in (32, 16):
        layers += [conv(filters, 3, 2, transpose=True), relu]
    return [*layers, conv(1, 3)]


def residual(*layers: Layer) -> Layer:
    create, apply = chain(*layers)
    return create, lambda w, x, key: x + apply(w, x, key)


def deblur_generator() -> list[Layer]:
    """Return x + G(x), where G adds the maps of the way down to those of the way up."""

    def block(filters: int, stride: int = 1) -> Layer:
        return chain(conv(filters, 3, stride), instance_norm, relu)

    inner = residual(block(64), conv(64, 3), instance_norm)
    middle = chain(block(64, 2), *[inner] * 9, double, block(32))
    outer = chain(block(32, 2), residual(middle), double, block(16))
    whole = chain(same(lambda x, key: 2 * x - 1), block(16), residual(outer), conv(3, 3))
    return [residual(whole)]


def dcgan() -> tuple[Layer, Layer]:
    generator = chain(
        dense(6272, bias=False), batch_norm, relu, reshape(7, 7, 128),
        conv(64, 4, 2, transpose=True), batch_norm, relu,
        conv(1, 4, 2, transpose=True), same(lambda x, key: nn.sigmoid(x)),
    )  # fmt: skip
    discriminator = chain(
        same(lambda x, key: 2 * x - 1), conv(64, 4, 2), leaky_relu,
        conv(128, 4, 2), batch_norm, leaky_relu, flatten, dense(1),
    )  # fmt: skip
    return generator, discriminator


def adam(
    weights: Any, gradients: Any, state: Any, rate: Any, beta: float = 0.9, decay: float = 0.0
) -> Any:
    """Return the weights and the state after a step; weight decay is for matrices only."""
    mean, square, count = state
    count = count + 1
    mean = jax.tree.map(lambda m, g: m + (1 - beta) * (g - m), mean, gradients)
    square = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), square, gradients)
    alpha = rate * jnp.sqrt(1 - 0.999**count) / (1 - beta**count)

    def move(w: Any, m: Any, v: Any) -> Any:
        return w * (1 - rate * decay * (w.ndim > 1)) - alpha * m / (jnp.sqrt(v) + 1e-7)

    return jax.tree.map(move, weights, mean, square), (mean, square, count)


def adam_state(weights: Any) -> Any:
    zeros = partial(jax.tree.map, jnp.zeros_like)
    return zeros(weights), zeros(weights), 0.0


def cosine(step: Any, steps: int, peak: float, warmup: float) -> Any:
    rising = int(warmup * steps)
    falling = peak * 0.5 * (1 + jnp.cos(jnp.pi * (step - rising) / (steps - rising)))
    return jnp.where(step < rising, peak * step / max(1, rising), falling)


def cross_entropy(logits: Any, y: Any, smoothing: float) -> Any:
    k = logits.shape[-1]
    truth = nn.one_hot(y, k) * (1 - smoothing) + smoothing / k
    return -(truth * nn.log_softmax(logits)).sum(-1).mean()


def binary(logits: Any, x: Any) -> Any:
    return jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-abs(logits)))


def plain_step(task: Task, epochs: int) -> tuple[Any, Callable[..., Any]]:
    """Return the state, and the function (state, x, y, key) -> (state, metrics) of one network's step."""
    rate, warmup, decay = 1e-2, 0.0, 0.0
    if task.model == "vae":
        rate = 2e-3
        encoder = chain(flatten, dense(512), silu, dense(256), silu, dense(4))
        decoder = chain(dense(256), silu, dense(512), silu, dense(784))

        def bound(w: Any, x: Any, y: Any, key: Any) -> Any:
            mean, log_var = jnp.split(encoder[1](w[0], x, key), 2, -1)
            z = mean + jnp.exp(log_var / 2) * jax.random.normal(key, mean.shape)
            logits = decoder[1](w[1], z, key)
            reconstruction = binary(logits, x.reshape(logits.shape)).sum(1).mean()
            kl = (mean**2 + jnp.exp(log_var) - 1 - log_var).sum(1).mean() / 2
            return reconstruction + kl, jnp.stack([reconstruction + kl, reconstruction, kl])

        loss_of = bound
        weights = (
            encoder[0](jax.random.key(0), (1, *task.shape))[0],
            decoder[0](jax.random.key(1), (1, 2))[0],
        )
    else:
        layers = {
            "cnn": lambda: cnn(task),
            "mlp.mnist": lambda: mlp(task),
            "autoencoder.simple": lambda: [
                flatten,
                dense(32),
                relu,
                dense(784),
                reshape(28, 28, 1),
            ],
            "autoencoder.conv": autoencoder_conv,
            "deblur-generator": deblur_generator,
        }[task.model]()
        network = chain(*layers)
        if task.classes:
            rate, warmup, decay = 2e-3, 0.05, 1e-4 if task.model == "cnn" else 0.01
            smoothing = 0.0 if task.model == "cnn" else 0.1
        elif task.model == "deblur-generator":
            rate = 1e-3

        def loss_of(w: Any, x: Any, y: Any, key: Any) -> Any:
            outputs = network[1](w, x, key)
            if task.classes:
                loss = cross_entropy(outputs, y, smoothing)
                return loss, jnp.stack([loss, (outputs.argmax(-1) == y).mean()])
            each = abs(outputs - x) if task.model == "deblur-generator" else binary(outputs, x)
            return each.mean(), each.mean()[None]

        weights = network[0](jax.random.key(0), (1, *task.shape))[0]
    steps = task.steps * epochs

    def step(state: Any, x: Any, y: Any, key: Any) -> Any:
        weights, moments = state
        gradients, metrics = jax.grad(loss_of, has_aux=True)(weights, x, y, key)
        now = cosine(moments[2], steps, rate, warmup)
        return adam(weights, gradients, moments, now, decay=decay), metrics

    return (weights, adam_state(weights)), step


def dcgan_step(task: Task, epochs: int) -> tuple[Any, Callable[..., Any]]:
    generator, discriminator = dcgan()
    weights = [
        generator[0](jax.random.key(0), (1, 64))[0],
        discriminator[0](jax.random.key(1), (1, *task.shape))[0],
    ]

    def losses(g: Any, d: Any, still: Any, x: Any, key: Any) -> Any:
        images = generator[1](g, jax.random.normal(key, (task.batch, 64)), key)
        real, fake = (
            discriminator[1](d, x, key),
            discriminator[1](d, lax.stop_gradient(images), key),
        )
        theirs = (0.9 * nn.softplus(-real) + 0.1 * nn.softplus(real) + nn.softplus(fake)).mean()
        ours = nn.softplus(-discriminator[1](still, images, key)).mean()
        return ours + theirs, jnp.stack([theirs, ours, real.mean(), fake.mean()])

    def step(state: Any, x: Any, y: Any, key: Any) -> Any:
        (g, d), moments, average = state
        gradients, metrics = jax.grad(losses, (0, 1), has_aux=True)(g, d, d, x, key)
        pairs = [
            adam(w, gradient, own, 2e-4, beta=0.5)
            for w, gradient, own in zip((g, d), gradients, moments, strict=True)
        ]
        average = jax.tree.map(lambda a, w: 0.999 * a + 0.001 * w, average, pairs[0][0])
        return ([w for w, _ in pairs], [own for _, own in pairs], average), metrics

    average = jax.tree.map(jnp.copy, weights[0])
    return (weights, [adam_state(w) for w in weights], average), step


def vis_step(task: Task, epochs: int) -> tuple[Any, Callable[..., Any]]:
    """Return a step of Adam that raises in image i the mean of channel i of a frozen network."""
    layers = [layer for layer in cnn(TASKS["cnn"])[:-4]]
    layers = [each for at, each in enumerate(layers[:-1]) if at % 8 != 7]  # no dropout
    fixed = norm(lambda x: ())  # the moving statistics of a new network are 0 and 1
    frozen = (fixed[0], lambda w, x, key: x * w[0] + w[1])
    network = chain(*(frozen if each is batch_norm else each for each in layers))
    constants = network[0](jax.random.key(0), (1, *task.shape))[0]
    images = 0.5 + 0.01 * jax.random.normal(jax.random.key(1), (task.batch, *task.shape))

    def loss_of(w: Any) -> Any:
        return -jnp.diagonal(network[1](constants, w, jax.random.key(0)).mean((1, 2))).sum()

    def step(state: Any, x: Any, y: Any, key: Any) -> Any:
        loss, gradient = jax.value_and_grad(loss_of)(state[0])
        images, moments = adam(state[0], gradient, state[1], 0.05)
        return (jnp.clip(images, 0, 1), moments), loss[None]

    return (images, adam_state(images)), step


def train(task: Task, turns: Turns) -> None:
    steps = {"dcgan": dcgan_step, "cnn-vis": vis_step}
    state, step = steps.get(task.model, plain_step)(task, turns.epochs)
    leaves = jax.tree.leaves(state[0])
    turns.about = {
        "parameters": sum(leaf.size for leaf in leaves),
        "versions": f"JAX {jax.__version__}",
    }
    if task.model == "cnn-vis":
        values, labels = np.zeros((task.examples, 1), np.uint8), np.zeros(task.examples)
    else:
        values, labels = task.data()
    scale = np.float32(255 if task.eight_bits else 1)

    @partial(jax.jit, donate_argnums=0)
    def update(state: Any, x: Any, y: Any, number: Any) -> Any:
        return step(state, x / scale, y, jax.random.fold_in(jax.random.key(2), number))

    rng, number = np.random.default_rng(0), 0
    for _ in range(turns.epochs):
        turns.begin_epoch()
        total = 0.0
        for places in rng.permutation(task.examples).reshape(task.steps, task.batch):
            state, metrics = update(state, values[places], labels[places], number)
            total, number = total + metrics, number + 1
        assert np.isfinite(np.asarray(total)).all()
    turns.begin_epoch()
