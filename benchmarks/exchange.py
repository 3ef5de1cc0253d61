"""What two processes on one machine take to exchange what a step of dcgan exchanges, and nothing else.

    python benchmarks/exchange.py                        # half a minute

XLA makes nine all-reduces of a step of `zoo train dcgan --workers 2` at a batch of 48: eight small ones for
batch normalisation and the losses, each of which the next operation waits for, and one of all gradients, in
17 buffers. Their sizes are in `SMALL` and `GRADIENTS`; this prints the compiled step that they are from:

    XLA_FLAGS="--xla_dump_to=DIR --xla_dump_hlo_as_text --xla_dump_hlo_module_re=.*train_step.*" zoo train ...

The ways run in turn. The least time is the best estimate of an idle machine; the processor time is that of
one process, with the threads of gloo.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from turns import describe_machine

SMALL = [[6272], [6272] * 2, [64], [64] * 2, [1] * 5 + [64] * 2, [64], [6272] * 2, [6272]]
FAKE = [1024, 64, 131072, 128, 6272, 1]  # the discriminator's gradients for generated images
GRADIENTS = [401408, 131072, 64, 1024, 1, *FAKE, *FAKE]
WAYS = {  # the sizes of the buffers of each all-reduce; whether its buffers are joined to one
    "all nine": ([*SMALL, GRADIENTS], False),
    "the eight small ones": (SMALL, False),
    "the gradients, 17 buffers": ([GRADIENTS], False),
    "the gradients, joined to one buffer": ([GRADIENTS], True),
    "the gradients, both halves of the discriminator's added before": ([GRADIENTS[:-6]], False),
    "one number": ([[1]], False),
}
ROUNDS = 150


def join(rank: int, address: str) -> None:
    """Join the other process, with the settings of zoo.compute.distribution."""
    import jax

    jax.config.update("jax_cpu_enable_async_dispatch", False)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(address, 2, rank, cluster_detection_method="deactivate")


def make(groups: list[list[int]], joined: bool) -> Callable[[], Any]:
    """Return a compiled function that makes all-reduces of so many floats, one after the other."""
    import jax
    from jax import numpy as jnp
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh, same = Mesh(np.array(jax.devices()), ("batch",)), PartitionSpec()

    def reduce(*buffers: Any) -> Any:
        left, sums, last = list(buffers), [], 0.0
        for group in groups:
            own = [left.pop(0) + 0 * last for _ in group]  # it waits for the one before
            own = [jnp.concatenate(own)] if joined else own
            sums += jax.lax.psum(tuple(own), "batch")
            last = sums[-1][0]
        return tuple(sums)

    sizes = [size for group in groups for size in group]
    specs = (same,) * len(sizes)
    mapped = jax.shard_map(reduce, mesh=mesh, in_specs=specs, out_specs=same, check_vma=False)
    sharding = NamedSharding(mesh, same)
    buffers = [
        jax.make_array_from_process_local_data(sharding, np.ones(size, np.float32), (size,))
        for size in sizes
    ]
    compiled = jax.jit(mapped).lower(*buffers).compile()
    assert len(re.findall(r" all-reduce\(", compiled.as_text())) == len(groups)
    return lambda: jax.block_until_ready(compiled(*buffers))


def measure(rank: int, address: str) -> None:
    """Measure as one of the two processes; the first one prints."""
    join(rank, address)
    functions = {name: make(*way) for name, way in WAYS.items()}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start, own = time.perf_counter(), time.process_time()
            function()
            times[name].append((time.perf_counter() - start, time.process_time() - own))
    if rank:
        return
    print("| all-reduces | buffers | kB | least ms | median ms | ms of a processor |")
    print("|---|---|---|---|---|---|")
    for name, (groups, _) in WAYS.items():
        sizes = [size for group in groups for size in group]
        clock, own_times = zip(*times[name][5:], strict=True)
        print(
            f"| {name} | {len(sizes)} | {4e-3 * sum(sizes):.0f} | {1e3 * min(clock):.1f} "
            f"| {1e3 * statistics.median(clock):.1f} | {1e3 * statistics.median(own_times):.1f} |"
        )


def main() -> None:
    """Start both processes."""
    if len(sys.argv) == 3:
        return measure(int(sys.argv[1]), sys.argv[2])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    print(describe_machine(False), f"Load before: {os.getloadavg()[0]:.2f}.\n", flush=True)
    environment = {**os.environ, "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    ranks = [
        subprocess.Popen([sys.executable, __file__, str(rank), address], env=environment)
        for rank in range(2)
    ]
    sys.exit(max(process.wait() for process in ranks))


if __name__ == "__main__":
    main()
