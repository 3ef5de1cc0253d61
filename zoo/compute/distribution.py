"""Several processes that train one model on JAX: how they are joined, and how a batch is divided among them.

Each process holds all variables, and the rows of each batch that are its own. One compiled step computes on
the whole batch: JAX divides the work, and adds up what belongs together (losses, gradients, the means and
variances of batch normalisation). Random numbers are functions of a key and of the place in the whole array,
so dropout and augmentation do not depend on the number of processes.

Whatever is no batch of the stream, such as the latents of a picture, is the same in every process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from zoo.errors import SettingError

__all__ = [
    "Member", "check_batch", "divide_rows", "divides", "global_rows", "has_other_processes",
    "host_value", "join", "leave", "own_rank", "own_rows", "row_sharding", "share_text",
]  # fmt: skip

HEARTBEAT_SECONDS = 30  # a process that is silent for so long counts as lost
MORE_SECONDS = 60  # than the caller waits: JAX ends a process that waits too long by a stack trace
AXIS = "batch"  # of the mesh of all devices

_joined = False


@dataclass(frozen=True)
class Member:
    """One of the processes that train together.

    Args:
        rank: its number, from 0.
        count: of the processes.
        coordinator: HOST:PORT at which the process of rank 0 listens.
        local: whether all processes run on this machine: then nobody else can connect.
    """

    rank: int
    count: int
    coordinator: str
    local: bool = False


def _jax() -> Any:
    """Return JAX, which is imported late, and whose functions have few types."""
    import jax

    return jax


def join(member: Member, seconds: int) -> None:
    """Join the other processes; Keras then gives every variable to all of them.

    It must come before the first computation of JAX.

    Args:
        member: this process among the others.
        seconds: after which the caller ends the process if the others have not come.
    """
    jax = _jax()
    if member.count == 1:
        return
    # a step is finished before the next one begins: so all processes exchange numbers in one order
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(
        member.coordinator,
        member.count,
        member.rank,
        cluster_detection_method="deactivate",
        initialization_timeout=seconds + MORE_SECONDS,
        heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
        coordinator_bind_address=member.coordinator if member.local else None,
    )
    _distribute_keras()


def _distribute_keras() -> None:
    """Set the distribution of Keras: variables are copied to all processes, batches stay as they are."""
    global _joined
    jax = _jax()
    import keras
    from keras.src.backend.jax import distribution_lib

    def distribute_data_input(batch: Any, layout: Any, batch_dim_name: str) -> Any:
        if isinstance(batch, jax.Array) and not batch.is_fully_addressable:
            return batch  # of the stream
        values = np.asarray(batch)
        return jax.make_array_from_process_local_data(_same(), values, values.shape)

    # Keras would divide what is the same in every process, and cannot divide 10 rows among 3
    distribution_lib.distribute_data_input = distribute_data_input
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    _joined = True


def leave() -> None:
    """Leave the other processes, once all of them are done."""
    if has_other_processes():
        jax = _jax()

        jax.distributed.shutdown()


def has_other_processes() -> bool:
    """Return whether this process has joined others."""
    return _joined


def own_rank() -> int:
    """Return the number of this process among those that train together; 0 if it is alone."""
    if not has_other_processes():
        return 0
    jax = _jax()

    return int(jax.process_index())


@cache
def _mesh() -> Any:
    """Return the mesh of all devices of all processes, in the order of the processes."""
    jax = _jax()

    return jax.sharding.Mesh(np.array(jax.devices()), (AXIS,))


def _same() -> Any:
    """Return the sharding of an array that every process has."""
    jax = _jax()

    return jax.sharding.NamedSharding(_mesh(), jax.sharding.PartitionSpec())


def row_sharding(rows: int) -> Any:
    """Return how JAX divides arrays of so many rows; None in a process that is alone.

    Rows that the devices cannot divide evenly are the same in every process.
    """
    jax = _jax()
    if not has_other_processes():
        return None
    if not divides(rows):
        return _same()
    return jax.sharding.NamedSharding(_mesh(), jax.sharding.PartitionSpec(AXIS))


def divides(rows: int) -> bool:
    """Return whether all devices can get equally many of so many rows."""
    return not has_other_processes() or rows % _mesh().size == 0


def check_batch(batch: int, shares: int | None = None) -> None:
    """Refuse a training whose batches cannot be divided into equal shares.

    Args:
        batch: examples in a batch.
        shares: how many there are; None is one for each device of all processes.

    Raises:
        SettingError: with the nearest sizes of a batch, and numbers of workers that divide it.
    """
    if shares is None:
        shares = _mesh().size if has_other_processes() else 1
    if batch % shares == 0:
        return
    below, above = batch // shares * shares, (batch // shares + 1) * shares
    sizes = f"{below} or {above}" if below else f"{above}"
    counts = [str(count) for count in range(2, min(batch, 2 * shares) + 1) if batch % count == 0]
    raise SettingError(
        f"A batch of {batch} examples cannot be divided into {shares} equal shares. Set batch_size={sizes}"
        + (f", or --workers {' or '.join(counts[-3:])}." if counts else ".")
    )


def own_rows(rows: int) -> slice:
    """Return which of so many rows of a batch this process reads: its share, or all of them."""
    jax = _jax()
    if not has_other_processes() or not divides(rows):
        return slice(0, rows)
    share = rows // jax.process_count()
    return slice(jax.process_index() * share, (jax.process_index() + 1) * share)


def global_rows(own: Any, rows: int) -> Any:
    """Return an array of all processes' rows.

    Args:
        own: the rows of this process, as `own_rows` says, shape (n, ...).
        rows: of all processes together.
    """
    jax = _jax()
    if not has_other_processes():
        return own
    return jax.make_array_from_process_local_data(row_sharding(rows), own, (rows, *own.shape[1:]))


def divide_rows(rows: Any) -> Any:
    """Return a batch that a compiled step makes, such as generated images, divided among the processes.

    JAX follows how the batches of the stream are divided. What is made of random numbers alone has no such
    origin: each process would compute all of it.

    Args:
        rows: a tensor of the step, shape (batch, ...); anything else is returned as it is.
    """
    if not has_other_processes():
        return rows
    jax = _jax()
    if not isinstance(rows, jax.core.Tracer):
        return rows
    return jax.lax.with_sharding_constraint(rows, row_sharding(rows.shape[0]))


def host_value(value: Any) -> Any:
    """Return a value that a traced function may use as a constant: a copy if several processes have it.

    JAX refuses to trace a function that uses an array of several processes which is no argument.
    """
    if not has_other_processes():
        return value
    import keras

    return np.array(keras.ops.convert_to_numpy(value))


def share_text(name: str, text: str | None, seconds: int) -> str:
    """Return a text that the process of rank 0 gives to all of them.

    Args:
        name: of the text; it is used once.
        text: in the process of rank 0; None in the others.
        seconds: how long the others wait for it.
    """
    from jax._src import distributed

    client: Any = distributed.global_state.client
    if text is not None:
        client.key_value_set(name, text)
        return text
    return str(client.blocking_key_value_get(name, 1000 * seconds))
