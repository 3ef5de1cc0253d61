"""Streams of batches on the JAX backend: a function of the seed and the global step alone.

With n examples and batches of b,

    step s belongs to epoch e = s // (n // b), and takes the positions (s mod n // b) b ... + b - 1
    of a random permutation of 0 ... n - 1, drawn from (seed, e)

NumPy gathers the examples, in a thread that is a few steps ahead. One compiled function then converts,
augments and rearranges them on the device that trains, so a GPU augments its own images. The random numbers
of step s come from the key that JAX folds s into. TensorFlow is not needed, and not imported.

Several processes that train together (zoo/compute/distribution.py) each gather their own rows of a batch. The
compiled function gets the whole batch, and is called in the thread that trains: all processes must call what
they compute together in one order.

The order of the examples is not that of `zoo.data.pipeline` on TensorFlow; each is the same in every run.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from zoo.compute import distribution
from zoo.data.arrays import Array
from zoo.data.on_demand.order import epoch_orders
from zoo.data.random.stream import Example, TrainingStream
from zoo.data.split import Split

__all__ = ["ordered_batches", "shuffled_batches", "step_numbers"]

AHEAD = 3  # batches that are made before the training asks for them


def shuffled_batches(stream: TrainingStream) -> Iterator[Any]:
    """Yield shuffled batches without end, from the first step of the stream's first epoch on.

    Yields:
        A tuple for `fit`: (inputs,) or (inputs, targets), in JAX's arrays.
    """
    split, positions, batch = stream.split, stream.positions, stream.batch
    compiled = _Compiled(_change_function(stream))
    order_of = epoch_orders(split.stored, positions, stream.seed)

    def one_batch(step: int) -> Any:
        epoch, step_of_epoch = divmod(step, stream.steps)
        places = positions[order_of(epoch)[step_of_epoch * batch : (step_of_epoch + 1) * batch]]
        return compiled.prepare(split, places, np.uint32(step))

    return _ahead(one_batch, itertools.count(stream.first_step))


def _change_function(stream: TrainingStream) -> Callable[[Any, Any, Any], Any]:
    """Return the function from stored inputs, targets and the step to what the model takes."""
    import jax

    def change(inputs: Any, targets: Any, step: Any) -> Any:
        inputs = _as_float32(inputs)
        if stream.augment is not None:
            shape = inputs.shape
            key = jax.random.fold_in(jax.random.PRNGKey(stream.seed), step)
            inputs = stream.augment(inputs, key)
            if inputs.shape != shape:
                raise ValueError(
                    f"Shapes must be equal: {shape} before augmentation, {inputs.shape}."
                )
        return _as_tuple(stream.example(inputs, targets))

    return change


def step_numbers(first: int) -> Iterator[Any]:
    """Yield step numbers without end from `first` on, each a tuple of one batch of shape (1,)."""
    for step in itertools.count(first):
        yield (np.array([step], np.int32),)


def ordered_batches(split: Split, batch: int, example: Example) -> Iterator[Any]:
    """Yield the batches of a split in order, again and again; the last batch may be shorter.

    Args:
        split: the examples.
        batch: examples in a batch.
        example: maps a batch of inputs and targets to what the model takes.
    """
    compiled = _Compiled(lambda inputs, targets: _as_tuple(example(_as_float32(inputs), targets)))

    def one_batch(start: int) -> Any:
        return compiled.prepare(split, np.arange(start, min(start + batch, len(split))))

    return _ahead(one_batch, itertools.cycle(range(0, len(split), batch)))


class _Compiled:
    """A function of a batch of inputs and targets that JAX compiles.

    Args:
        function: of the inputs, the targets and further arguments.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._by_rows: dict[int, Any] = {}  # where processes share a batch, by its rows

    def prepare(self, split: Split, positions: Array, *further: Any) -> Callable[[], Any]:
        """Gather a batch, and return the function that gives its value in the thread that trains.

        In a process that is alone, all of it is computed now.
        """
        rows = len(positions)
        if not distribution.has_other_processes():
            value = self._compile(rows)(*_gather(split, positions), *further)
            return lambda: value
        own = _gather(split, positions[distribution.own_rows(rows)])
        return lambda: self._compile(rows)(
            *[distribution.global_rows(each, rows) for each in own], *further
        )

    def _compile(self, rows: int) -> Any:
        """Return the compiled function; its results are divided among processes as the batch is."""
        import jax

        sharding = distribution.row_sharding(rows)
        key = 0 if sharding is None else rows
        if key not in self._by_rows:
            self._by_rows[key] = jax.jit(self._function, out_shardings=sharding)
        return self._by_rows[key]


def _ahead(function: Callable[[int], Callable[[], Any]], numbers: Iterable[int]) -> Iterator[Any]:
    """Yield the batches of some numbers; a thread prepares the next ones meanwhile."""
    waiting: deque[Future[Callable[[], Any]]] = deque()
    with ThreadPoolExecutor(1, "zoo-batches") as thread:
        for number in numbers:
            waiting.append(thread.submit(function, number))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()()


def _gather(split: Split, positions: Array) -> tuple[Array, Array]:
    """Return the stored inputs and the targets at some positions; zeros where there are no targets."""
    inputs = np.asarray(split.stored[positions])
    targets = np.zeros(len(positions)) if split.targets is None else split.targets[positions]
    return (inputs if inputs.dtype == np.uint8 else inputs.astype(np.float32)), targets


def _as_float32(inputs: Any) -> Any:
    """Return inputs as float32; those of 8 bits are divided by 255."""
    from jax import numpy

    if inputs.dtype == np.uint8:
        return inputs.astype(numpy.float32) / np.float32(255)
    return inputs


def _as_tuple(batch: Any) -> tuple[Any, ...]:
    return batch if isinstance(batch, tuple) else (batch,)
