"""Feature visualisation: its language, its images, its sizes, and the network that stays as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from zoo_cnn_vis import (
    metrics,
    objective_language,
    objectives,
    optimizers,
    parameterisations,
    plots,
    regularisers,
    schedule,
    stage,
    starts,
    transforms,
    visualized_network,
)

import zoo
from zoo.data.dataset import empty_dataset
from zoo.runs.progress import Progress

RNG = np.random.default_rng(0)
NO_TRANSFORMS: dict[str, Any] = {"shift_pixels": 0, "zoom": 0.0, "rotation": 0.0}


def save_classifier(path: Path, shape: tuple[int, ...] = (8, 8, 1), seed: int = 0) -> str:
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
    return save_classifier(tmp_path / "tiny.keras")


def create_canvas(**settings: Any) -> Any:
    """Return a canvas at its start, with a train step."""
    model = zoo.create("cnn-vis", **NO_TRANSFORMS, **settings)
    shape = model.visualized.network.shape
    start = starts.start_images(model.config, shape, model.schedule.final)
    target = settings.get("target")
    images = starts.read_images(target, starts.any_size(shape), "target") if target else None
    model.begin(start, images, 0)
    model.make_train_step(model.enter(0))
    return model


def test_terms_are_added_subtracted_and_scaled() -> None:
    found = objective_language.parse_objective("channel:conv/3x3:7 - 0.5*class:* + neuron:a:1:2:3")
    assert [(term.scale, str(term)) for term in found] == [
        (1, "channel:conv/3x3:7"),
        (-0.5, "class:*"),
        (1, "neuron:a:1:2:3"),
    ]
    assert [term.layer for term in found] == ["conv/3x3", None, "a"]
    assert objective_language.parse_objective("-class:3")[0].scale == -1
    assert objective_language.parse_numbers("2..4", 5, "") == [2, 3, 4]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"objective": "chanel:conv_2:0"}, "no kind 'chanel'. Did you mean channel"),
        (
            {"objective": "channel:conv_2"},
            "expected channel:LAYER:CHANNELS. Received: 'channel:conv_2'",
        ),
        ({"objective": "channel:conv_2:0 -"}, "is no term"),
        ({"objective": "channel:cnv_2:0"}, "Did you mean conv_2"),
        ({"objective": "channel:conv_2:16"}, "expected 0 to 15. Received: 16"),
        ({"objective": "neuron:conv_2:0:9:9"}, "positions below 6:6"),
        ({"objective": "class:*  + channel:conv_2:*"}, "10 and 16 images"),
        ({"initial_size": "20x20"}, "20x20 is smaller than the network's input, 24x24"),
        (
            {"initial_size": "big"},
            "expected a size such as 24x24, or x1.5 of that. Received: 'big'",
        ),
        ({"num_sizes": 3, "final_size": "x2", "epochs": 2}, "needs at least as many epochs"),
        ({"shift_pixels": 30}, "reach beyond an image of 24x24"),
        ({"start": "nowhere.png"}, "no file nowhere.png"),
        ({"start": "digits:400"}, "test examples 0 to 359"),
        ({"start": "digits:0"}, "the network looks at anyxanyx3"),
        ({"network": "cnn.mnsit"}, "network=cnn.mnsit"),
        ({"start": "digtis:3"}, "Did you mean digits"),
        ({"objective": "direction:conv_2:wide.npy"}, "holds 3 numbers; conv_2 has 16 channels"),
        ({"budget": 0.1, "parameterization": "fourier"}, "needs parameterization=pixels"),
        (
            {"objective": "inversion:conv_2", "initial_size": "48x48"},
            "need images of the size of the network's input, 24x24",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(settings: dict[str, Any], problem: str) -> None:
    np.save("wide.npy", np.ones(3))
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
    parameterisation = kind(len(shape) > 2)
    images = RNG.uniform(0.05, 0.95, (2, *shape)).astype(np.float32)
    parameters = parameterisation.encode(images)
    assert parameters.shape == (2, *parameterisation.weights_shape(shape))
    np.testing.assert_allclose(
        parameterisation.decode(ops.convert_to_tensor(parameters)), images, atol=1e-4
    )


def test_windows_cover_an_image_and_two_at_most_overlap_along_an_axis() -> None:
    counts = schedule.window_counts((50, 75), (24, 20))
    assert counts.min() == 1
    assert counts.max() <= 4
    assert schedule.window_corners((24, 20), (24, 20)) == [(0, 0)]
    even = schedule.window_corners((48, 48), (24, 24))
    assert even == [(0, 0), (24, 24), (0, 24), (24, 0)]


def test_sizes_grow_by_equal_factors_or_by_equal_steps() -> None:
    assert schedule.interpolate_sizes((100, 200), (400, 800), 3, "geometric")[1] == (200, 400)
    assert schedule.interpolate_sizes((100, 200), (400, 800), 3, "linear")[1] == (250, 500)
    assert schedule.last_epochs(10, [1, 4]) == (2, 10)
    assert schedule.last_epochs(3, [1, 1, 100]) == (1, 2, 3)


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
        np.asarray(objectives.amplification(ops.convert_to_tensor(a + s, "float64"), config))
        for s in (step, -step)
    )
    wanted = 0.7 * abs(a) + 0.3 * np.clip(a, -2, 2)
    np.testing.assert_allclose((above - below) / (2 * step), wanted, atol=1e-4)


def test_rmsprop_is_the_sources_and_leaves_alone_what_was_not_looked_at() -> None:
    weight = keras.Variable(np.zeros(3, np.float32))
    optimizer = optimizers.RMSprop(1.0, lambda: None, decay=0.9)
    optimizer.build([weight])
    for gradient in ([1.0, 0.0, -2.0], [1.0, 3.0, 0.0]):
        optimizer.apply([ops.convert_to_tensor(gradient)], [weight])
    first, second = 1 / np.sqrt(0.1), 1 / np.sqrt(0.19)
    wanted = [-first - second, -first, first]
    np.testing.assert_allclose(ops.convert_to_numpy(weight), wanted, rtol=1e-5)


@pytest.mark.parametrize("kind", list(optimizers.OPTIMIZERS))
def test_every_optimizer_lowers_a_square(kind: str) -> None:
    weight = keras.Variable(np.array([[3.0, -2.0, 1.0]], np.float32))
    config = zoo.create("cnn-vis").config.replace(optimizer=kind, learning_rate=0.1)
    optimizer = optimizers.create_optimizer(config, lambda: np.float32(0.5))
    optimizer.build([weight])
    for _ in range(10):
        optimizer.apply([2 * ops.convert_to_tensor(weight)], [weight])
    assert np.square(ops.convert_to_numpy(weight)).sum() < 13


@pytest.mark.parametrize("padding", list(transforms.MODES))
def test_transforms_keep_the_size_and_change_what_is_seen(padding: str) -> None:
    config = zoo.create("cnn-vis").config.replace(padding=padding)
    images = RNG.random((2, 16, 20, 3)).astype(np.float32)
    seed = keras.random.SeedGenerator(1)
    one, two = (np.asarray(transforms.transform(images, config, seed)) for _ in range(2))
    assert one.shape == images.shape
    assert abs(one - two).max() > 0.1
    unmoved = config.replace(**NO_TRANSFORMS)
    assert transforms.transform(images, unmoved, seed) is images
    shifted = np.asarray(transforms.transform(images, unmoved.replace(shift_pixels=1), seed))
    assert np.isin(shifted[:, 3:-3, 3:-3], images).all()


def test_a_turn_of_nothing_reads_the_image_itself() -> None:
    images = RNG.random((1, 6, 7, 2)).astype(np.float32)
    grid = np.stack(np.meshgrid(np.arange(6), np.arange(7), indexing="ij")).reshape(2, -1)
    padded = transforms.pad_border(images, 2, "reflect")
    read = transforms.interpolate(padded, grid.astype(np.float32) + 2, (6, 7))
    np.testing.assert_allclose(read, images, atol=1e-5)


def test_each_image_reads_its_own_channel_of_its_own_layer() -> None:
    model = create_canvas(objective="channel:conv_*:1..3 - 2*deepdream:pool_0")
    assert model.count == 9
    assert model.objective.labels[4] == "conv_1:2"
    images = RNG.random((9, 24, 24, 3)).astype(np.float32)
    values = np.asarray(model.values(images, {}))
    seen = visualized_network.batched_features(model.visualized.features, images)
    own = seen["conv_1"][4, ..., 2].mean() - 2 * np.square(seen["pool_0"][4]).mean()
    assert values[4] == pytest.approx(own, rel=1e-4)
    np.testing.assert_allclose(np.diagonal(model.objective.table(seen)), values, rtol=1e-4)


def test_a_softmax_is_taken_off_without_changing_the_answer(network: str) -> None:
    found = visualized_network.open_network(network)
    images = RNG.random((3, 8, 8, 1)).astype(np.float32)
    assert found.scores == "logits"
    before = keras.saving.load_model(network)(images)
    np.testing.assert_allclose(found.model(images), before, atol=1e-6)


def test_the_network_is_named_by_its_hash_and_not_kept(network: str) -> None:
    model = create_canvas(network=network, objective="class:*")
    digest = model.config.network_digest
    assert digest == visualized_network.open_network(network).digest
    assert {weight.name for weight in model.trainable_variables} == {"parameters"}
    assert all(weight.shape != (192, 4) for weight in model.variables)
    save_classifier(Path(network), seed=1)
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
        "optimizer": "rmsprop",
        "learning_rate": 0.01,
        "p_reg": 1e-8,
        "tv_reg": 1e-6,
        "shift_pixels": 1,
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
    assert (
        resumed.record["config"]["network_digest"]
        == visualized_network.open_network(network).digest
    )
    image = RNG.random((10, 13, 1)).astype(np.float32)
    (answer,) = zoo.apply(whole, [image])
    assert answer["image"].shape == image.shape
    assert answer["reached"] > answer["before"]
    with pytest.raises(zoo.DataError, match="7x13 pixels; the network looks at 8x8"):
        zoo.apply(whole, [image[:7]])


def test_adversarial_images_stay_within_their_budget(network: str) -> None:
    model = create_canvas(
        network=network, objective="adversarial", start="digits:0..3", budget=0.1, epochs=1,
        steps_per_epoch=4, optimizer="sign", learning_rate=0.07,
    )  # fmt: skip
    start = ops.convert_to_numpy(model.start)
    before = model.visualized.network.class_scores(start)
    model.compile(optimizers.create_optimizer(model.config, model.pixel_rate_scales))
    model.make_train_step(model.current_stage())
    model.fit(**empty_dataset().fit_arguments(model.config))
    change = abs(model.images() - start)
    assert 0.07 < change.max() <= 0.1 + 1e-6
    assert model.images().min() >= 0
    sure = before.argmax(-1)
    after = model.visualized.network.class_scores(model.images())
    rows = np.arange(4)
    assert (after[rows, sure] - after.mean(-1) < before[rows, sure] - before.mean(-1)).all()


def test_l2_budgets_are_balls(network: str) -> None:
    model = create_canvas(
        network=network, objective="adversarial", start="digits:0..3", budget=0.5, budget_norm="l2"
    )
    moved = ops.convert_to_numpy(model.parameters) + 0.3
    kept = np.asarray(model.project(ops.convert_to_tensor(moved)))
    far = np.sqrt(np.square(kept - ops.convert_to_numpy(model.start)).sum((1, 2, 3)))
    assert (far <= 0.5 + 1e-5).all()
    assert (far > 0.3).all()


def test_an_inversion_of_the_image_itself_is_perfect(network: str) -> None:
    model = create_canvas(
        network=network, objective="inversion:maps", target="digits:3", start="digits:3"
    )
    value = np.asarray(model.values(model.images(), model.train_stage.references))
    assert float(value[0]) == pytest.approx(0, abs=1e-6)
    measured = metrics.evaluate(model, model.config, empty_dataset())
    assert measured["psnr_maps"] == pytest.approx(100)


def test_images_are_compared_with_the_examples_of_a_dataset(
    network: str, tiny: zoo.Dataset
) -> None:
    model = create_canvas(network=network, objective="channel:maps:*", start="digits:0")
    measured = metrics.evaluate(model, model.config, tiny)
    assert measured["over_examples"] == 0
    assert measured["examples_best"] > measured["reached"]
    wrong = zoo.Split(np.zeros((2, 5, 5, 1), np.float32))
    with pytest.raises(zoo.DataError, match=r"holds inputs of shape \(5, 5, 1\)"):
        metrics.evaluate(model, model.config, zoo.Dataset("wrong", wrong, wrong))


def test_a_stage_cuts_the_windows_of_each_step_in_turn() -> None:
    images = RNG.random((2, 6, 4, 1)).astype(np.float32)
    corners = ((0, 0), (2, 0), (1, 0))
    one = stage.Stage(0, (6, 4), (4, 4), corners, 2, images + 1)
    assert one.steps_per_round == 2
    step = keras.Variable(1, dtype="int32")  # the third window, and the first one again
    tiles, anchors = (np.asarray(each) for each in one.windows(images, step))
    expected = np.concatenate([images[:, 1:5], images[:, :4]])
    np.testing.assert_array_equal(tiles, expected)
    np.testing.assert_array_equal(anchors, expected + 1)
    with pytest.raises(AttributeError):
        one.index = 1


def test_a_train_step_belongs_to_one_stage(network: str) -> None:
    model = create_canvas(
        network=network, objective="layer:maps", num_sizes=2, final_size="12x15", epochs=2
    )
    model.compile(optimizers.create_optimizer(model.config, model.pixel_rate_scales))
    assert model.train_stage.size == model.images().shape[1:-1] == (8, 8)
    later = model.enter(1)
    assert (later.index, later.size, len(later.corners)) == (1, (12, 15), 4)
    assert model.train_stage.index == 0  # until its own train step is made
    model.make_train_step(later)
    assert model.call().shape == (1, 12, 15, 1)
    assert model.pixel_rate_scales().shape == (1, 12, 15, 1)


def test_series_are_looked_into_too(tmp_path: Path) -> None:
    name = save_classifier(tmp_path / "series.keras", (20, 2))
    for kind in ("pixels", "fourier"):
        model = create_canvas(
            network=name, objective="class:*", parameterization=kind, noise_blur=1.0
        )
        assert model.images().shape == (4, 20, 2)
        assert model.images().min() < 0
        assert list(plots.preview(model, model.config)) == ["images"]
    config = model.config.replace(shift_pixels=2, zoom=0.1)
    seen = transforms.transform(model.images(), config, keras.random.SeedGenerator(0))
    assert seen.shape == (4, 20, 2)
