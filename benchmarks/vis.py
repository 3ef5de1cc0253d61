"""The benchmarks of cnn-vis, one command each; every table is Markdown.

    ZOO_DATA=... ZOO_RUNS=... python benchmarks/vis.py channels|classes|fooling|adversarial|inversion
    python benchmarks/vis.py tiles|memory

They need the finished runs cnn.mnist and cnn.mnist-other (`zoo train cnn.mnist --seed 1 --set epochs=2`
under that name) below ZOO_RUNS. The last two need no data. The speed of its steps is measured by training.py.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from zoo_cnn_vis import metrics, visualized_network

import zoo
from zoo.data.dataset import empty_dataset
from zoo.data.load import open_dataset
from zoo.interpret import networks
from zoo.runs.load import load_run_model
from zoo.runs.recipe import resolve_with_data
from zoo.runs.run import Run

NETWORK, OTHER = "cnn.mnist", "cnn.mnist-other"
STILL = {"shift_pixels": 0, "zoom": 0.0, "rotation": 0.0}


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for row in rows:
        print("| " + " | ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row) + " |")


def train_in_memory(name: str = "cnn-vis", **settings: Any) -> Any:
    """Return a model that was trained in memory, at its final size."""
    chosen = resolve_with_data(name, settings, empty_dataset())
    keras.utils.set_random_seed(0)
    model = chosen.architecture.build(chosen.config)
    chosen.architecture.train(model, chosen.config, empty_dataset(), [])
    model.images()
    return model


def channels() -> None:
    """Compare the image of every channel of the last two convolutions with 10,000 test images."""
    examples = open_dataset("mnist").test.inputs
    rows = []
    for at in (4, 5):
        layer, after = f"conv2d_{at}", f"activation_{at}"
        model = train_in_memory(
            network=NETWORK, objective=f"channel:{layer}:*", epochs=5, steps_per_epoch=64, **STILL
        )
        look = networks.truncate(model.visualized.network.model, [layer, after])
        seen = visualized_network.batched_features(look, examples)
        made = visualized_network.batched_features(look, model.images())[layer].mean((1, 2))
        best = seen[layer].mean((1, 2)).max(0)
        dead = np.flatnonzero(seen[after].max((0, 1, 2)) == 0)
        live = np.setdiff1d(np.arange(len(best)), dead)
        over = np.diagonal(made)[live] > best[live]
        below = live[~over].tolist()
        rows.append(
            [layer, len(best), dead.tolist() or "none", f"{over.mean():.1%}", below or "none"]
        )
    table(("layer", "channels", "dead", "live ones above every test image", "not above"), rows)


def probabilities(name: str, images: np.ndarray) -> np.ndarray:
    model = visualized_network.open_network(name).model
    return visualized_network.batched_features(networks.truncate(model, ["probabilities"]), images)[
        "probabilities"
    ]


def classes() -> None:
    """Print the probability that the network and another one give to the image of each class."""
    model = train_in_memory("cnn-vis.digit-classes")
    images = model.images()
    own, other = (np.diagonal(probabilities(each, images)) for each in (NETWORK, OTHER))
    table(
        ("digit", "the network", "another of another seed"),
        [[at, float(a), float(b)] for at, (a, b) in enumerate(zip(own, other, strict=True))],
    )
    both = int(((own >= 0.9) & (other >= 0.9)).sum())
    print(f"\nat least 0.9 in both: {both} of 10 (mark: 9)\n")


def fooling() -> None:
    """Print the probability that the network gives to images of noise, one for each class."""
    model = train_in_memory("cnn-vis.fooling")
    sure = np.diagonal(probabilities(NETWORK, model.images()))
    table(("digit", "probability"), [[at, float(p)] for at, p in enumerate(sure)])
    print(f"\nleast: {sure.min():.4f} (mark: 0.99)\n")


def adversarial(
    count: int = 1000, steps: int = 40, rate: float = 0.01, budget: float = 0.3
) -> None:
    """Compare the changed predictions with those of a projected-gradient loop of the same steps."""
    model = train_in_memory("cnn-vis.adversarial")
    images = open_dataset("mnist").test.take(slice(count)).inputs
    network = visualized_network.open_network(NETWORK).model
    scores = networks.truncate(network, ["logits"])
    before = visualized_network.batched_features(scores, images)["logits"].argmax(-1)

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(before, scores(x)["logits"])
        x = x + rate * tf.sign(tape.gradient(loss, x))
        return tf.clip_by_value(images + tf.clip_by_value(x - images, -budget, budget), 0, 1)

    x = tf.constant(images)
    for _ in range(steps):
        x = step(x)
    rows = []
    for name, made in (("cnn-vis.adversarial", model.images()), ("plain loop", x.numpy())):
        flips = float(
            (
                visualized_network.batched_features(scores, made)["logits"].argmax(-1) != before
            ).mean()
        )
        rows.append([name, f"{flips:.1%}", float(abs(made - images).max())])
    table((f"{count} test images, {steps} steps of {rate}", "flipped", "largest change"), rows)


def inversion() -> None:
    """Print the PSNR of test images that are reconstructed from each layer."""
    found: dict[str, list[float]] = {}
    for at in range(3):
        model = train_in_memory("cnn-vis.inversion", target=f"mnist:{at}")
        for name, value in metrics.inversion_metrics(model, model.images()).items():
            found.setdefault(name.removeprefix("psnr_"), []).append(value)
    table(
        ("layer", "PSNR in dB, mean of test images 0 to 2", "each"),
        [[k, float(np.mean(v)), ", ".join(f"{each:.1f}" for each in v)] for k, v in found.items()],
    )


def write_network(size: int, path: Path) -> Path:
    """Write a small convolutional network of random weights for `size` x `size` pixels."""
    keras.utils.set_random_seed(0)
    inputs = x = keras.Input((size, size, 3))
    for at, filters in enumerate((8, 16)):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv_{at}")(x)
    keras.Model(inputs, x).save(path)
    return path


def tiles(size: int = 96, tile: int = 64, reach: int = 4) -> None:
    """Compare the sum of the windows' gradients with the gradient of the whole image, away from borders."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(write_network(tile, Path(folder) / "small.keras"))
        common = {"network": path, "objective": "deepdream:conv_1", "epochs": 1, **STILL}
        common |= {"initial_size": f"{size}x{size}", "noise_scale": 0.2}
        one = build_canvas(**common, tile="whole")
        many = build_canvas(**common, batch_size=1)
    images = one.images()
    whole = gradient(one, images)
    corners = many.train_stage.corners
    summed, counts = np.zeros_like(whole), np.zeros_like(whole)
    for begin in corners:
        corner = (0, *(slice(b, b + tile) for b in begin))
        part = gradient(many, images[corner][None])[0]
        inner = tuple(
            slice(reach if b else 0, tile - (reach if b + tile < size else 0)) for b in begin
        )
        place = tuple(slice(b + i.start, b + i.stop) for b, i in zip(begin, inner, strict=True))
        summed[(0, *place)] += part[inner]
        counts[(0, *place)] += 1
    # the mean of squares is over fewer places in a window
    summed *= (tile / size) ** 2 / np.maximum(counts, 1)
    inside = counts > 0
    gap = abs(summed - whole)[inside].max() / abs(whole).max()
    rows = [
        [f"{size} x {size} in {len(corners)} windows of {tile}", f"{inside.mean():.0%}", float(gap)]
    ]
    table(("image", "pixels compared", "largest difference / largest gradient (mark: 1e-4)"), rows)


def build_canvas(**settings: Any) -> Any:
    chosen = resolve_with_data("cnn-vis", settings, empty_dataset())
    model = chosen.architecture.build(chosen.config)
    model.begin(None, None, 0)
    model.make_train_step(model.enter(0))
    return model


def gradient(model: Any, images: np.ndarray) -> np.ndarray:
    x = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(model.values(x, model.train_stage.references))
    return tape.gradient(value, x).numpy()


def memory(network: str = "VGG16", layer: str = "block4_conv1") -> None:
    """Print the time and the memory of a 1080p image with a 224-pixel network of random weights."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.keras"
        pixels = keras.Input((224, 224, 3), name="pixels")
        whole = getattr(keras.applications, network)(weights=None, include_top=False)
        keras.Model(pixels, whole(pixels)).save(path)
        del whole
        started = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        settings = {"network": str(path), "objective": f"layer:{layer}", "initial_size": "540x960"}
        settings |= {"final_size": "1080x1920", "num_sizes": 2, "tv_reg": 0.5, "epochs": 6}
        run = zoo.train("cnn-vis", out=Path(folder) / "run", steps_per_epoch=15, **settings)
        shape = load_run_model(Run.open(run.path))[1].images().shape
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        held = run.weights.stat().st_size / 2**20
    heads = ("image", "network", "steps", "peak GiB (mark: 3)", "before", "seconds", "weights MiB")
    seconds = time.perf_counter() - started
    table(heads, [[shape, network, 90, float(peak), float(before), seconds, float(held)]])


BENCHMARKS = (channels, classes, fooling, adversarial, inversion, tiles, memory)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("benchmarks", nargs="+", choices=[each.__name__ for each in BENCHMARKS])
    for name in parser.parse_args().benchmarks:
        print(f"## {name}\n")
        {each.__name__: each for each in BENCHMARKS}[name]()
        print(flush=True)
