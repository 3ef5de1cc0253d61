"""Ways with TensorFlow: zoo.train, Keras' fit of a plain script, and a hand-written loop.

All have the same optimizers and metrics. The loop and the script read a tf.data pipeline as Keras' guides
write it: shuffle, batch, map to float, prefetch. The loop is that of the guides: GradientTapes in a
tf.function.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import keras_networks as networks
import numpy as np
import tensorflow as tf
from tasks import Task
from turns import Turns


def count_parameters(variables: list[Any]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def versions() -> dict[str, Any]:
    return {"versions": f"TensorFlow {tf.__version__}, Keras {keras.__version__}"}


LONG = 1000  # epochs


# zoo.train


def train_with_zoo(task: Task, turns: Turns) -> None:
    import zoo
    from zoo.runs.progress import Progress
    from zoo.runs.recipe import resolve_with_data

    class Turn(Progress):
        def start(self, epochs: int, steps: int, epoch: int) -> None:
            turns.begin_epoch()

    # as many as a real training has: `compile=auto` measures long trainings only; the parent ends it
    settings = {**task.settings, "epochs": LONG}
    if task.model == "cnn-vis":
        settings |= write_visualized_network() | {"steps_per_epoch": task.steps}
        data, parameters = None, task.batch * int(np.prod(task.shape))
    else:
        if task.model == "deblur-generator":
            register_deblur_generator()
        values, labels = task.data()
        classes = tuple(map(str, range(task.classes))) if task.classes else None
        splits = [zoo.Split(part, labels[: len(part)]) for part in (values, values[:50])]
        data = zoo.Dataset("random", *splits, classes)
        settings |= {"batch_size": task.batch, "validation": 0.0}
        recipe = resolve_with_data(task.model, settings, data)
        model = recipe.architecture.build(recipe.config)
        parameters = count_parameters(model.trainable_variables)
    turns.about = {"parameters": parameters} | versions()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        zoo.train(task.model, data=data, out=out, progress=Turn(), **settings)


def register_deblur_generator() -> None:
    """Register an architecture: deblur-gan's generator alone, trained on the mean absolute difference."""
    from zoo_deblur_gan import networks as deblur_networks
    from zoo_deblur_gan.config import Config as DeblurConfig

    import zoo
    from zoo.config import FROM_DATA, FromData
    from zoo.registry.architectures import registry
    from zoo.tasks import optimizers

    class Config(optimizers.OptimizerConfig):
        input_shape: FromData[tuple[int, ...]] = FROM_DATA
        learning_rate: float = 1e-3
        schedule: optimizers.Schedule = "cosine"

    def build(config: Config) -> keras.Model:
        return deblur_networks.generator(DeblurConfig(input_shape=(160, 160, 3)))

    def train(model: keras.Model, config: Config, data: Any, callbacks: list[Any]) -> Any:
        arguments = data.fit_arguments(config, lambda x, y: (x, x))
        steps = arguments["steps_per_epoch"] * config.epochs
        model.compile(optimizers.from_config(config, steps), "mae")
        return model.fit(**arguments, callbacks=callbacks)

    def export(model: keras.Model) -> dict[str, keras.Model]:
        return {"generator": model}

    plugin = ModuleType("deblur_generator")
    for name, hook in {
        "defaults": Config,
        "build": build,
        "train": train,
        "export": export,
    }.items():
        function = (lambda: Config()) if name == "defaults" else hook
        setattr(plugin, name, zoo.hookimpl(function))
    registry().register(plugin, "deblur-generator")


def write_visualized_network() -> dict[str, Any]:
    """Write a cnn of random weights, and return the settings of cnn-vis that look at it."""
    path = os.path.join(tempfile.mkdtemp(), "cnn.keras")
    visualized_network().save(path)
    still = {"shift_pixels": 0, "zoom": 0.0, "rotation": 0.0}
    return {"network": path, "objective": "channel:last:*", **still}


def visualized_network() -> keras.Model:
    """Return the convolutions of the task cnn; the last one has the name `last`."""
    from tasks import TASKS

    keras.utils.set_random_seed(0)
    whole = networks.cnn(TASKS["cnn"])
    *_, last = (layer for layer in whole.layers if isinstance(layer, keras.layers.Conv2D))
    last.name = "last"
    return keras.Model(whole.inputs, last.output)


# A step by hand, for the loop and for `fit`


@dataclass
class Step:
    """A training step: a batch of inputs and labels in, the variables and the metrics updated."""

    update: Callable[[Any, Any], None]
    variables: list[Any]
    metrics: list[Any]


def schedule(task: Task, epochs: int, peak: float, warmup: float) -> Any:
    steps = task.steps * epochs
    rising = int(warmup * steps)
    if not rising:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - rising, warmup_target=peak, warmup_steps=rising
    )


def supervised(task: Task, epochs: int) -> tuple[keras.Model, Any, Any, list[Any]]:
    """Return the network, the optimizer, the loss and the metrics of a task that one network solves."""
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = [keras.metrics.SparseCategoricalAccuracy()]
    if task.model == "cnn":
        rate = schedule(task, epochs, 2e-3, 0.05)
        model, adam = networks.cnn(task), keras.optimizers.AdamW(rate, weight_decay=1e-4)
    elif task.model == "mlp.mnist":
        rate = schedule(task, epochs, 2e-3, 0.05)
        model, adam = networks.mlp(task), keras.optimizers.AdamW(rate, weight_decay=0.01)

        def entropy(y: Any, logits: Any) -> Any:
            return keras.losses.categorical_crossentropy(
                tf.one_hot(tf.cast(y, tf.int32), task.classes),
                logits,
                from_logits=True,
                label_smoothing=0.1,
            )
    elif task.model == "deblur-generator":
        adam = keras.optimizers.Adam(schedule(task, epochs, 1e-3, 0.0))
        return networks.deblur_generator(), adam, keras.losses.MeanAbsoluteError(), []
    else:
        name = task.model.replace(".", "_")
        adam = keras.optimizers.Adam(schedule(task, epochs, 1e-2, 0.0))
        binary = keras.losses.BinaryCrossentropy(from_logits=True)
        return getattr(networks, name)(), adam, binary, []
    if adam.weight_decay:
        adam.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return model, adam, entropy, accuracy


def supervised_step(task: Task, epochs: int) -> Step:
    model, optimizer, loss_of, accuracy = supervised(task, epochs)
    weights = model.trainable_variables
    optimizer.build(weights)
    mean = keras.metrics.Mean()

    def update(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = tf.reduce_mean(loss_of(y if task.classes else x, outputs))
        optimizer.apply(tape.gradient(loss, weights), weights)
        mean.update_state(loss)
        for metric in accuracy:
            metric.update_state(y, outputs)

    return Step(update, weights, [mean, *accuracy])


def vae_step(task: Task, epochs: int) -> Step:
    encoder, decoder = networks.vae()
    optimizer = keras.optimizers.Adam(schedule(task, epochs, 2e-3, 0.0))
    weights = encoder.trainable_variables + decoder.trainable_variables
    optimizer.build(weights)
    metrics = [keras.metrics.Mean() for _ in range(3)]

    def update(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            mean, log_var = encoder(x, training=True)
            z = mean + tf.exp(log_var / 2) * tf.random.normal(tf.shape(mean))
            logits = decoder(z, training=True)
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(x, logits)
            reconstruction = tf.reduce_mean(tf.reduce_sum(entropy, (1, 2, 3)))
            each = tf.square(mean) + tf.exp(log_var) - 1 - log_var
            kl = tf.reduce_mean(tf.reduce_sum(each, 1)) / 2
            loss = reconstruction + kl
        optimizer.apply(tape.gradient(loss, weights), weights)
        for metric, value in zip(metrics, (loss, reconstruction, kl), strict=True):
            metric.update_state(value)

    return Step(update, weights, metrics)


def dcgan_step(task: Task, epochs: int) -> Step:
    generator, discriminator = pair = networks.dcgan()
    average = keras.models.clone_model(generator)
    optimizers = [keras.optimizers.Adam(2e-4, 0.5, 0.999) for _ in pair]
    for optimizer, network in zip(optimizers, pair, strict=True):
        optimizer.build(network.trainable_variables)
    metrics = [keras.metrics.Mean() for _ in range(4)]
    softplus = tf.nn.softplus

    def update(x: Any, y: Any) -> None:
        noise = tf.random.normal((task.batch, 64))
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            images = generator(noise, training=True)
            real, fake = discriminator(x, training=True), discriminator(images, training=True)
            on_real = 0.9 * softplus(-real) + 0.1 * softplus(real)
            theirs = tf.reduce_mean(on_real) + tf.reduce_mean(softplus(fake))
            ours = tf.reduce_mean(softplus(-fake))
        tapes, losses = (generator_tape, discriminator_tape), (ours, theirs)
        for tape, loss, optimizer, network in zip(tapes, losses, optimizers, pair, strict=True):
            weights = [variable.value for variable in network.trainable_variables]
            optimizer.apply(tape.gradient(loss, weights), network.trainable_variables)
        for averaged, weight in zip(average.weights, generator.weights, strict=True):
            averaged.assign(0.999 * averaged + 0.001 * weight)
        values = (theirs, ours, tf.reduce_mean(real), tf.reduce_mean(fake))
        for metric, value in zip(metrics, values, strict=True):
            metric.update_state(value)

    weights = generator.trainable_variables + discriminator.trainable_variables
    return Step(update, weights, metrics)


def vis_step(task: Task, epochs: int) -> Step:
    """Return a step of Adam that raises in image i the mean of channel i of a frozen network."""
    network = visualized_network()
    start = 0.5 + 0.01 * np.random.default_rng(0).normal(size=(task.batch, *task.shape))
    w = tf.Variable(start.astype(np.float32))
    m, v = tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(w))
    t, eye = tf.Variable(0.0), tf.eye(task.batch)
    mean = keras.metrics.Mean()

    def update(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            means = tf.reduce_mean(network(w, training=False), (1, 2))
            loss = -tf.reduce_sum(means * eye)
        g = tape.gradient(loss, w)
        t.assign_add(1.0)
        m.assign(0.9 * m + 0.1 * g)
        v.assign(0.999 * v + 0.001 * g * g)
        move = m / (1 - 0.9**t) / (tf.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w.assign(tf.clip_by_value(w - 0.05 * move, 0, 1))
        mean.update_state(loss)

    return Step(update, [w], [mean])


STEPS = {"vae": vae_step, "dcgan": dcgan_step, "cnn-vis": vis_step}


def create_step(task: Task, turns: Turns) -> Step:
    step = STEPS.get(task.model, supervised_step)(task, turns.epochs)
    turns.about = {"parameters": count_parameters(step.variables)} | versions()
    return step


def without_autotuning(stream: tf.data.Dataset) -> tf.data.Dataset:
    """Return a stream without tf.data's tuning thread, which often holds an epoch's end for 2.5 or 5 s."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return stream.with_options(options)


def batches(task: Task) -> tf.data.Dataset:
    if task.model == "cnn-vis":
        return tf.data.Dataset.from_tensors((0, 0)).repeat(task.steps)
    scale = 255 if task.eight_bits else 1
    return (
        tf.data.Dataset.from_tensor_slices(task.data())
        .shuffle(task.examples)
        .batch(task.batch, drop_remainder=True)
        .map(lambda x, y: (tf.cast(x, tf.float32) / scale, y), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def train_by_hand(task: Task, turns: Turns, jit_compile: bool = False) -> None:
    step = create_step(task, turns)
    update = tf.function(step.update, jit_compile=jit_compile)
    stream = without_autotuning(batches(task))
    for _ in range(turns.epochs):
        turns.begin_epoch()
        for x, y in stream:
            update(x, y)
        for metric in step.metrics:
            assert np.isfinite(float(metric.result()))
            metric.reset_state()
    turns.begin_epoch()


train_by_hand_xla = partial(train_by_hand, jit_compile=True)


def train_with_fit(task: Task, turns: Turns) -> None:
    """Train by compile and fit; a GAN and a VAE override train_step, as in the guides."""
    stream = batches(task)
    if task.model in STEPS:
        step = create_step(task, turns)

        class Trainer(keras.Model):
            metrics = property(lambda self: step.metrics)

            def train_step(self, data: Any) -> dict[str, Any]:
                step.update(*data)
                return {str(at): metric.result() for at, metric in enumerate(step.metrics)}

        model = Trainer()
        model.compile()
    else:
        model, optimizer, loss, metrics = supervised(task, turns.epochs)
        turns.about = {"parameters": count_parameters(model.trainable_variables)} | versions()
        if not task.classes:
            stream = stream.map(lambda x, y: (x, x))
        model.compile(optimizer, loss, metrics=metrics)
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: turns.begin_epoch())
    model.fit(stream, epochs=turns.epochs, callbacks=[watch], verbose=0)
    turns.begin_epoch()
