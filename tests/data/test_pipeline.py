"""The stream of batches, over examples whose input and target are their own position."""

from itertools import chain, islice, pairwise
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.data import pipeline
from zoo.data.dataset import Dataset
from zoo.data.split import Split


def counted(count: int) -> Dataset:
    whole = Split(np.arange(count, dtype=np.float32)[:, None], np.arange(count))
    return Dataset("counted", whole, whole)


def epochs(data: Dataset, count: int, **settings: Any) -> list[list[int]]:
    """Draw whole epochs from the feed; give the positions of their examples."""
    feed = data.fit_arguments(zoo.Config(**settings))
    steps = feed["steps_per_epoch"]
    drawn = []
    for inputs, targets in islice(feed["x"], count * steps):
        assert inputs.numpy()[:, 0].tolist() == targets.numpy().tolist()
        drawn += [targets.numpy().tolist()]
    return [list(chain(*drawn[at * steps : (at + 1) * steps])) for at in range(count)]


@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (0, 1), (7, 0), (2**31 - 1, 999)])
def test_an_epochs_order_is_the_permutation_of_seed_and_epoch(seed: int, epoch: int) -> None:
    shuffle = tf.random.experimental.index_shuffle
    order = [int(shuffle(np.int64(at), [seed, epoch], np.int64(11))) for at in range(12)]
    assert epochs(counted(12).at(seed, epoch), 1, batch_size=4) == [order]


def test_every_example_comes_once_an_epoch_and_every_epoch_differs() -> None:
    drawn = epochs(counted(24), 20, batch_size=6)
    assert all(sorted(epoch) == list(range(24)) for epoch in drawn)
    assert all(one != other for one, other in pairwise(drawn))


def test_seeds_give_different_orders() -> None:
    assert epochs(counted(24).at(1), 1, batch_size=24) != epochs(
        counted(24).at(2), 1, batch_size=24
    )


def test_what_is_left_of_an_epoch_is_left_out_and_differs_from_epoch_to_epoch() -> None:
    drawn = epochs(counted(11), 30, batch_size=4)
    assert all(len(set(epoch)) == len(epoch) == 8 for epoch in drawn)
    left = [set(range(11)) - set(epoch) for epoch in drawn]
    assert set.union(*left) == set(range(11))


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_resumed_stream_goes_on_as_one_left_alone(epoch: int) -> None:
    alone = epochs(counted(13).at(5), 5, batch_size=3, epochs=5)
    resumed = counted(13).at(5, epoch)
    assert epochs(resumed, 5 - epoch, batch_size=3, epochs=5) == alone[epoch:]
    assert resumed.fit_arguments(zoo.Config(epochs=5))["initial_epoch"] == epoch


@pytest.mark.parametrize(("count", "size"), [(5, 64), (1, 64), (1, 1)])
def test_a_batch_is_never_larger_than_the_data(count: int, size: int) -> None:
    feed = counted(count).fit_arguments(zoo.Config(batch_size=size))
    assert feed["steps_per_epoch"] == 1
    inputs, _ = next(iter(feed["x"]))
    assert sorted(inputs.numpy()[:, 0]) == list(range(count))


def watched(data: Dataset, **settings: Any) -> list[int]:
    feed = data.fit_arguments(zoo.Config(**settings))
    return list(chain(*(targets.numpy().tolist() for _, targets in feed["validation_data"])))


@pytest.mark.parametrize(("share", "count"), [(0.25, 5), (0.1, 2), (0.999, 19)])
def test_the_validation_share_is_never_learnt_from(share: float, count: int) -> None:
    seen = watched(counted(20), validation=share, batch_size=3)
    assert len(seen) == count
    assert seen == sorted(set(seen))
    learnt = {
        at for epoch in epochs(counted(20), 9, validation=share, batch_size=3) for at in epoch
    }
    assert learnt == set(range(20)) - set(seen)


def test_the_validation_share_is_the_seeds_and_not_the_epochs() -> None:
    first = watched(counted(50).at(1), validation=0.2)
    assert watched(counted(50).at(1, 4), validation=0.2) == first
    assert watched(counted(50).at(2), validation=0.2) != first


def test_without_a_validation_share_nothing_is_watched() -> None:
    assert "validation_data" not in counted(20).fit_arguments(zoo.Config())


def test_an_example_mapping_reaches_training_and_validation() -> None:
    feed = counted(8).fit_arguments(
        zoo.Config(batch_size=4, validation=0.5), example=lambda x, y: (x + 100, x)
    )
    for stream in (feed["x"], feed["validation_data"]):
        inputs, targets = next(iter(stream))
        np.testing.assert_array_equal(inputs, targets + 100)


def test_augmentation_draws_its_chance_from_the_seed_and_the_step() -> None:
    def augment(inputs: Any, seed: Any) -> Any:
        return tf.zeros_like(inputs) + tf.cast(seed, tf.float32)

    config = zoo.Config(batch_size=4, validation=0.5)
    data = Dataset("pairs", *[Split(np.ones((16, 2)), np.arange(16))] * 2)
    feed = data.at(3, 5).fit_arguments(
        config, augment=augment
    )  # two steps an epoch: it starts at step 10
    seeds = [inputs.numpy()[0].tolist() for inputs, _ in islice(feed["x"], 3)]
    assert seeds == [[3, 10], [3, 11], [3, 12]]
    watched, _ = next(iter(feed["validation_data"]))
    assert (watched.numpy() == 1).all()


def test_random_augmentation_is_the_same_again() -> None:
    def augment(inputs: Any, seed: Any) -> Any:
        return inputs + tf.random.stateless_uniform(tf.shape(inputs), seed)

    def drawn(epoch: int, skipped: int) -> Any:
        feed = counted(8).at(1, epoch).fit_arguments(zoo.Config(batch_size=4), augment=augment)
        return next(islice(feed["x"], skipped, None))[0].numpy()

    np.testing.assert_array_equal(drawn(0, 4), drawn(2, 0))
    assert (drawn(0, 4) != drawn(0, 0)).all()


def test_augmentation_may_not_change_the_shape() -> None:
    with pytest.raises(ValueError, match="must be equal"):
        counted(8).fit_arguments(zoo.Config(), augment=lambda inputs, seed: inputs[:, :0])


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "bool", "int8", "int16", "uint16", "int64", "float16", "float64", ">f4", ">i2"],
)
def test_inputs_of_every_dtype_come_out_as_they_are_as_float32(dtype: str) -> None:
    stored = np.arange(100).reshape(50, 2).astype(dtype)
    data = Dataset("mine", Split(stored, np.arange(50)), Split(stored, np.arange(50)))
    feed = data.fit_arguments(zoo.Config(batch_size=5, validation=0.5))
    white = 255 if dtype == "uint8" else 1
    np.testing.assert_array_equal(data.train.inputs, stored.astype(np.float32) / np.float32(white))
    for stream in (feed["x"], feed["validation_data"]):
        inputs, positions = next(iter(stream))
        assert inputs.dtype == tf.float32
        np.testing.assert_array_equal(inputs, data.train.inputs[positions.numpy()])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", ">i4", "uint64", "float32"])
def test_targets_of_every_dtype_come_out(dtype: str) -> None:
    split = Split(np.arange(8.0)[:, None], np.arange(8).astype(dtype))
    inputs, targets = next(iter(Dataset("mine", split, split).fit_arguments(zoo.Config())["x"]))
    np.testing.assert_array_equal(inputs[:, 0], targets.numpy().astype(float))


def test_data_without_targets_feeds_a_model_of_its_inputs() -> None:
    split = Split(np.arange(8.0)[:, None])
    feed = Dataset("mine", split, split).fit_arguments(zoo.Config(), example=lambda x, y: (x, x))
    inputs, targets = next(iter(feed["x"]))
    np.testing.assert_array_equal(inputs, targets)


def random_feed(epoch: int = 0) -> Any:
    def augment(inputs: Any, random: Any) -> Any:
        noise = random.normal(inputs.shape) + random.uniform(inputs.shape, 10.0, 20.0)
        return inputs * 0 + noise + tf.cast(random.integers(inputs.shape, 0, 2), tf.float32) * 100

    return counted(8).at(1, epoch).fit_arguments(zoo.Config(batch_size=4), augment=augment)


def test_an_augmentation_that_asks_for_random_numbers_gets_them_by_step() -> None:
    first = [inputs.numpy() for inputs, _ in islice(random_feed()["x"], 4)]
    again = [inputs.numpy() for inputs, _ in islice(random_feed()["x"], 4)]
    resumed = [inputs.numpy() for inputs, _ in islice(random_feed(1)["x"], 2)]
    assert np.array_equal(first, again)
    assert np.array_equal(first[2:], resumed)
    assert len(np.unique(first)) == 16


def test_no_stream_has_the_tuning_thread_of_tf_data() -> None:
    """An iterator that ends would wait until that thread has slept its time: 2.5 s, or 5 s."""
    feed = counted(8).fit_arguments(zoo.Config(batch_size=2, validation=0.5))
    for stream in (feed["x"], feed["validation_data"], pipeline.step_numbers(0)):
        assert stream.options().autotune.enabled is False
