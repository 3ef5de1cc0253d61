"""Feature visualisation: its language, its images, its sizes, and the network that stays as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from zoo_cnn_vis import (
    canvas,
    objective_language,
    objectives,
    optimizers,
    parameterisations,
    regularisers,
    schedule,
    starts,
    transforms,
    visualized_network,
)

import zoo
from zoo.data.dataset import Dataset, empty_dataset
from zoo.data.split import Split
from zoo.runs.progress import Progress

CHANCE = np.random.default_rng(0)
STILL: dict[str, Any] = {"jitter": 0, "scale": 0.0, "rotation": 0.0}


def saved(path: Path, shape: tuple[int, ...] = (8, 8, 1), seed: int = 0) -> str:
    """Write a tiny classifier of random weights."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(shape, name="pixels")
    convolve = layers.Conv1D if len(shape) == 2 else layers.Conv2D
    x = convolve(3, 3, padding="same", activation="relu", name="maps")(inputs)
    x = layers.Dense(4, activation="softmax", name="classes")(layers.Flatten()(x))
    keras.Model(inputs, x, name="tiny").save(path)
    return str(path)


@pytest.fixture
def network(tmp_path: Path) -> str:
    return saved(tmp_path / "tiny.keras")


def made(**settings: Any) -> Any:
    """Build a canvas at its start."""
    model = zoo.create("cnn-vis", **STILL, **settings)
    given = starts.images(model.config, model.held.network.shape, model.plan.final)
    target = settings.get("target")
    free = (*[None] * (len(model.size) - 1), model.size[-1])
    model.begin(given, starts.read(target, free, "target") if target else None, 0)
    model.prepare(0)
    return model


def test_terms_are_added_subtracted_and_scaled() -> None:
    found = objective_language.terms("channel:conv/3x3:7 - 0.5*class:* + neuron:a:1:2:3")
    assert [(term.scale, str(term)) for term in found] == [
        (1, "channel:conv/3x3:7"),
        (-0.5, "class:*"),
        (1, "neuron:a:1:2:3"),
    ]
    assert [term.layer for term in found] == ["conv/3x3", None, "a"]
    assert objective_language.terms("-class:3")[0].scale == -1
    assert objective_language.numbers("2..4", 5, "") == [2, 3, 4]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"objective": "chanel:conv_2:0"}, "no kind 'chanel'. Did you mean channel"),
        ({"objective": "channel:conv_2"}, "should be channel:LAYER:CHANNELS"),
        ({"objective": "channel:conv_2:0 -"}, "is no term"),
        ({"objective": "channel:cnv_2:0"}, "no such layer. Did you mean conv_2"),
        ({"objective": "channel:conv_2:16"}, "expected 0 to 15. Received: 16"),
        ({"objective": "neuron:conv_2:0:9:9"}, "places below 6:6"),
        ({"objective": "class:*  + channel:conv_2:*"}, "10 and 16 images"),
        ({"initial_size": "20x20"}, "20x20 is smaller than what the network looks at, 24x24"),
        ({"initial_size": "big"}, "expected 24x24, or x1.5 of that. Received: 'big'"),
        ({"num_sizes": 3, "final_size": "x2", "epochs": 2}, "needs as many epochs"),
        ({"jitter": 30}, "reach beyond an image of 24x24"),
        ({"start": "nowhere.png"}, "no file nowhere.png"),
        ({"start": "digits:400"}, "test examples 0 to 359"),
        ({"start": "digits:0"}, "the network looks at anyxanyx3"),
        ({"network": "cnn.mnsit"}, "no such run"),
        ({"budget": 0.1, "parameterisation": "fourier"}, "needs parameterisation=pixels"),
        ({"objective": "inversion:conv_2", "initial_size": "48x48"}, "look at the whole image"),
    ],
)
def test_what_cannot_be_shown_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        zoo.create("cnn-vis", **settings)


def test_a_file_that_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(zoo.DataError, match="not an image"):
        zoo.create("cnn-vis", start=str(tmp_path / "text.png"))


def test_a_layer_of_whole_numbers_has_no_gradient(tmp_path: Path) -> None:
    inputs = keras.Input((8, 8, 1))
    bins = layers.Discretization([0.5], name="bins")(inputs)
    keras.Model(inputs, bins).save(tmp_path / "bins.keras")
    with pytest.raises(zoo.SettingError, match="has no gradient"):
        zoo.create("cnn-vis", network=str(tmp_path / "bins.keras"), objective="channel:bins:0")


@pytest.mark.parametrize("shape", [(7, 10, 3), (8, 8, 1), (9, 2)])
@pytest.mark.parametrize("kind", [parameterisations.Pixels, parameterisations.Fourier])
def test_parameters_of_an_image_make_that_image(kind: Any, shape: tuple[int, ...]) -> None:
    ways = kind(len(shape) > 2)
    images = CHANCE.uniform(0.05, 0.95, (2, *shape)).astype(np.float32)
    parameters = ways.encoded(images)
    assert parameters.shape == (2, *ways.shape(shape))
    np.testing.assert_allclose(ways.decoded(ops.convert_to_tensor(parameters)), images, atol=1e-4)


def test_windows_cover_an_image_and_two_at_most_overlap_along_an_axis() -> None:
    counts = schedule.overlaps((50, 75), (24, 20))
    assert counts.min() == 1
    assert counts.max() <= 4
    assert schedule.windows((24, 20), (24, 20)) == [(0, 0)]
    even = schedule.windows((48, 48), (24, 24))
    assert even == [(0, 0), (24, 24), (0, 24), (24, 0)]


def test_sizes_grow_by_equal_factors_or_by_equal_steps() -> None:
    assert schedule.sequence((100, 200), (400, 800), 3, "geometric")[1] == (200, 400)
    assert schedule.sequence((100, 200), (400, 800), 3, "linear")[1] == (250, 500)
    assert schedule.shared(10, [1, 4]) == (2, 10)
    assert schedule.shared(3, [1, 1, 100]) == (1, 2, 3)


def test_total_variation_is_that_of_each_operator() -> None:
    ramp = np.tile(np.arange(6, dtype=np.float32) / 255, (6, 1))[None, ..., None]
    assert float(regularisers.total_variation(ramp, 2.0, 1.0, "naive")) == pytest.approx(25)
    assert float(regularisers.total_variation(ramp, 2.0, 1.0, "sobel")) == pytest.approx(16 * 64)
    squished = regularisers.total_variation(ramp, 2.0, 1.0, "sobel_squish")
    assert float(squished) == pytest.approx(16 * 16)
    assert float(regularisers.p_norm(ramp, 2.0, 1.0)) == pytest.approx(6 * 55, rel=1e-4)


def test_amplifying_a_layer_has_the_sources_gradient() -> None:
    config = zoo.create("cnn-vis").config.replace(l1=0.7, l2=0.3, grad_clip=2.0)
    a, step = np.array([-3.0, -1.0, 0.5, 1.9, 4.0], np.float64), 1e-4
    above, below = (
        np.asarray(objectives.amplified(ops.convert_to_tensor(a + s, "float64"), config))
        for s in (step, -step)
    )
    wanted = 0.7 * abs(a) + 0.3 * np.clip(a, -2, 2)
    np.testing.assert_allclose((above - below) / (2 * step), wanted, atol=1e-4)


def test_rmsprop_is_the_sources_and_leaves_alone_what_was_not_looked_at() -> None:
    weight = keras.Variable(np.zeros(3, np.float32))
    rule = optimizers.RMSprop(1.0, lambda: None)
    rule.decay = 0.9
    rule.build([weight])
    for gradient in ([1.0, 0.0, -2.0], [1.0, 3.0, 0.0]):
        rule.apply([ops.convert_to_tensor(gradient)], [weight])
    first, second = 1 / np.sqrt(0.1), 1 / np.sqrt(0.19)
    wanted = [-first - second, -first, first]
    np.testing.assert_allclose(ops.convert_to_numpy(weight), wanted, rtol=1e-5)


@pytest.mark.parametrize("kind", list(optimizers.RULES))
def test_every_rule_goes_down(kind: str) -> None:
    weight = keras.Variable(np.array([[3.0, -2.0, 1.0]], np.float32))
    config = zoo.create("cnn-vis").config.replace(rule=kind, learning_rate=0.1)
    rule = optimizers.made(config, lambda: np.float32(0.5))
    rule.build([weight])
    for _ in range(10):
        rule.apply([2 * ops.convert_to_tensor(weight)], [weight])
    assert np.square(ops.convert_to_numpy(weight)).sum() < 13


@pytest.mark.parametrize("padding", list(transforms.MODES))
def test_transforms_keep_the_size_and_change_what_is_seen(padding: str) -> None:
    config = zoo.create("cnn-vis").config.replace(padding=padding)
    images = CHANCE.random((2, 16, 20, 3)).astype(np.float32)
    seed = keras.random.SeedGenerator(1)
    one, two = (np.asarray(transforms.transformed(images, config, seed)) for _ in range(2))
    assert one.shape == images.shape
    assert abs(one - two).max() > 0.1
    still = config.replace(**STILL)
    assert transforms.transformed(images, still, seed) is images
    shifted = np.asarray(transforms.transformed(images, still.replace(jitter=1), seed))
    assert np.isin(shifted[:, 3:-3, 3:-3], images).all()


def test_a_turn_of_nothing_reads_the_image_itself() -> None:
    images = CHANCE.random((1, 6, 7, 2)).astype(np.float32)
    grid = np.stack(np.meshgrid(np.arange(6), np.arange(7), indexing="ij")).reshape(2, -1)
    framed = transforms.framed(images, 2, "reflect")
    read = transforms.sampled(framed, grid.astype(np.float32) + 2, (6, 7))
    np.testing.assert_allclose(read, images, atol=1e-5)


def test_each_image_reads_its_own_channel_of_its_own_layer() -> None:
    model = made(objective="channel:conv_*:1..3 - 2*deepdream:pool_0")
    assert model.count == 9
    assert model.objective.labels[4] == "conv_1:2"
    images = CHANCE.random((9, 24, 24, 3)).astype(np.float32)
    values = np.asarray(model.values(images))
    seen = canvas.features(model.held.look, images)
    own = seen["conv_1"][4, ..., 2].mean() - 2 * np.square(seen["pool_0"][4]).mean()
    assert values[4] == pytest.approx(own, rel=1e-4)
    np.testing.assert_allclose(np.diagonal(model.objective.table(seen)), values, rtol=1e-4)


def test_a_softmax_is_taken_off_without_changing_the_answer(network: str) -> None:
    found = visualized_network.opened(network)
    images = CHANCE.random((3, 8, 8, 1)).astype(np.float32)
    assert found.scores == "logits"
    before = keras.saving.load_model(network)(images)
    np.testing.assert_allclose(found.model(images), before, atol=1e-6)


def test_the_network_is_named_by_its_hash_and_not_kept(network: str) -> None:
    model = made(network=network, objective="class:*")
    digest = model.config.network_digest
    assert digest == visualized_network.opened(network).digest
    assert {weight.name for weight in model.trainable_variables} == {"parameters"}
    assert all(weight.shape != (192, 4) for weight in model.variables)
    saved(Path(network), seed=1)
    with pytest.raises(zoo.SettingError, match=f"has changed .* was {digest[:12]}"):
        zoo.create("cnn-vis", **model.config.model_dump())


def test_a_layer_that_lets_no_gradient_through_is_told(tmp_path: Path) -> None:
    inputs = keras.Input((8, 8, 1))
    dead = layers.Conv2D(2, 3, bias_initializer=keras.initializers.Constant(-99), name="maps")
    keras.Model(inputs, layers.ReLU(name="dead")(dead(inputs))).save(tmp_path / "dead.keras")
    settings = {"network": str(tmp_path / "dead.keras"), "objective": "channel:dead:*"}
    with pytest.raises(zoo.SettingError, match=r"no gradient reaches the image.* dead"):
        zoo.train("cnn-vis", out=tmp_path / "run", epochs=1, steps_per_epoch=2, **settings)


class Stopped(Progress):
    """Press Ctrl-C when the second epoch begins."""

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        if epoch == 1:
            raise KeyboardInterrupt


def test_a_training_stopped_where_the_image_grows_ends_with_the_same_bits(
    network: str, tmp_path: Path
) -> None:
    settings: Mapping[str, Any] = {
        "network": network,
        "objective": "layer:maps",
        "epochs": 2,
        "steps_per_epoch": 5,
        "num_sizes": 2,
        "final_size": "12x15",
        "rule": "rmsprop",
        "learning_rate": 0.01,
        "p_reg": 1e-8,
        "tv_reg": 1e-6,
        "jitter": 1,
    }
    whole = zoo.train("cnn-vis", out=tmp_path / "whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn-vis", out=tmp_path / "stopped", progress=Stopped(), **settings)
    resumed = zoo.train("cnn-vis", out=tmp_path / "stopped", resume=True, **settings)
    one, two = (zoo.load(run) for run in (whole, resumed))
    assert one.images().shape == (1, 12, 15, 1)
    assert one.images().std() > 0.02
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert resumed.record["config"]["network_digest"] == visualized_network.opened(network).digest
    image = CHANCE.random((10, 13, 1)).astype(np.float32)
    (answer,) = zoo.apply(whole, [image])
    assert answer["image"].shape == image.shape
    assert answer["reached"] > answer["before"]
    with pytest.raises(zoo.DataError, match="7x13 pixels; the network looks at 8x8"):
        zoo.apply(whole, [image[:7]])


def test_adversarial_images_stay_within_their_budget(network: str) -> None:
    model = made(
        network=network, objective="adversarial", start="digits:0..3", budget=0.1, epochs=1,
        steps_per_epoch=4, rule="sign", learning_rate=0.07,
    )  # fmt: skip
    start = ops.convert_to_numpy(model.start)
    before = model.scores(start)
    model.compile(optimizers.made(model.config, model.shares))
    model.fit(**empty_dataset().fit_arguments(model.config))
    change = abs(model.images() - start)
    assert 0.07 < change.max() <= 0.1 + 1e-6
    assert model.images().min() >= 0
    sure = before.argmax(-1)
    after = model.scores(model.images())
    rows = np.arange(4)
    assert (after[rows, sure] - after.mean(-1) < before[rows, sure] - before.mean(-1)).all()


def test_l2_budgets_are_balls(network: str) -> None:
    model = made(
        network=network, objective="adversarial", start="digits:0..3", budget=0.5, budget_norm="l2"
    )
    moved = ops.convert_to_numpy(model.parameters) + 0.3
    kept = np.asarray(model.kept(ops.convert_to_tensor(moved)))
    far = np.sqrt(np.square(kept - ops.convert_to_numpy(model.start)).sum((1, 2, 3)))
    assert (far <= 0.5 + 1e-5).all()
    assert (far > 0.3).all()


def test_an_inversion_of_the_image_itself_is_perfect(network: str) -> None:
    from zoo_cnn_vis import metrics

    model = made(network=network, objective="inversion:maps", target="digits:3", start="digits:3")
    assert float(np.asarray(model.values(model.images()))[0]) == pytest.approx(0, abs=1e-6)
    measured = metrics.evaluate(model, model.config, empty_dataset())
    assert measured["psnr_maps"] == pytest.approx(100)


def test_images_are_compared_with_the_examples_of_a_dataset(network: str, tiny: Dataset) -> None:
    from zoo_cnn_vis import metrics

    model = made(network=network, objective="channel:maps:*", start="digits:0")
    measured = metrics.evaluate(model, model.config, tiny)
    assert measured["over_examples"] == 0
    assert measured["examples_best"] > measured["reached"]
    wrong = Split(np.zeros((2, 5, 5, 1), np.float32))
    with pytest.raises(zoo.DataError, match=r"holds inputs of shape \(5, 5, 1\)"):
        metrics.evaluate(model, model.config, Dataset("wrong", wrong, wrong))


def test_series_are_looked_into_too(tmp_path: Path) -> None:
    from zoo_cnn_vis import plots

    name = saved(tmp_path / "series.keras", (20, 2))
    for kind in ("pixels", "fourier"):
        model = made(network=name, objective="class:*", parameterisation=kind, noise_blur=1.0)
        assert model.images().shape == (4, 20, 2)
        assert model.images().min() < 0
        assert list(plots.preview(model, model.config)) == ["images"]
    config = model.config.replace(jitter=2, scale=0.1)
    seen = transforms.transformed(model.images(), config, keras.random.SeedGenerator(0))
    assert seen.shape == (4, 20, 2)
