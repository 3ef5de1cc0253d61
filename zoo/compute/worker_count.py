"""How many workers one machine may start: each of them holds its own Keras or ONNX Runtime."""

from __future__ import annotations

from zoo.compute.kernels import core_count
from zoo.errors import UsageError

__all__ = ["check_local_workers"]

WORKERS_PER_CORE = 4  # more of them only wait for each other, and fill the memory


def check_local_workers(workers: int) -> None:
    """Refuse more workers than this machine can use.

    Args:
        workers: processes that are to run on this machine.

    Raises:
        UsageError: says how many it can.
    """
    count = core_count()
    if workers > WORKERS_PER_CORE * count:
        raise UsageError(
            f"This machine has {count} core{'s' * (count != 1)}: it takes at most "
            f"{WORKERS_PER_CORE * count} workers. On a cluster, say where it is: --address. Received: "
            f"--workers {workers}"
        )
