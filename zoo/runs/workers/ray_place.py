"""Workers on a Ray cluster: an actor on each place that Ray finds starts a worker's process there.

Ray 2.60 has a trainer for JAX, ray.train.v2.jax.JaxTrainer. On processors it does not join its workers, and
it shows nothing before the end; so Ray's core is used: a placement group and actors. The process of a worker
ends with its actor. All nodes must see the run's folder and the data at the same path, and have the zoo.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from zoo.compute.distribution import Member
from zoo.compute.ray_cluster import connect, disconnect, task_resources
from zoo.errors import TrainingError, UsageError, format_error
from zoo.runs.workers.messages import Event, Job
from zoo.runs.workers.processes import WorkerProcess, free_port

__all__ = ["RayPlace", "RayWorker", "WorkerActor"]

PLACE_SECONDS = 120  # how long Ray may take to find places, also after a node is lost
ANSWER_SECONDS = 60  # how long an actor may take to answer


class WorkerActor:
    """What runs on a node: it starts one worker there."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="zoo-workers-")
        self._worker: WorkerProcess | None = None

    def address(self) -> str:
        """Return HOST:PORT at which the worker of rank 0 can listen on this node."""
        import ray

        host = ray.util.get_node_ip_address()
        return f"{host}:{free_port('')}"

    def start(self, line: str, threads: int) -> None:
        """Start a worker.

        Args:
            line: its job, as a line of JSON.
            threads: of its computations.
        """
        self._worker = WorkerProcess(Job.from_line(line).in_folder(self._scratch.name), threads)

    def poll(self) -> tuple[list[Event], str | None]:
        """Return the events since the last call, and how the worker has ended; None while it runs."""
        assert self._worker is not None
        text = self._worker.exit_text()
        return self._worker.events(), text

    def pid(self) -> int:
        """Return the number of the worker's process."""
        assert self._worker is not None
        return self._worker.pid


@dataclass
class RayWorker:
    """A worker on a node of a Ray cluster.

    Args:
        actor: what runs on the node.
    """

    actor: Any
    _events: list[Event] = field(default_factory=list)
    _exit: str | None = None

    def events(self) -> list[Event]:
        """Return the events since the last call."""
        self._poll()
        events, self._events = self._events, []
        return events

    def exit_text(self) -> str | None:
        """Return how the worker has ended: empty if well; None while it runs."""
        return self._exit

    def stop(self) -> None:
        """End the actor and its worker at once."""
        import ray

        with suppress(Exception):  # Ray's errors have no common class; it may have ended
            ray.kill(self.actor)

    def _poll(self) -> None:
        import ray

        if self._exit is not None:
            return
        try:
            events, self._exit = ray.get(self.actor.poll.remote(), timeout=ANSWER_SECONDS)
            self._events += events
        except Exception as error:  # the actor or its node is lost
            self._exit = f"its node or process is lost: {format_error(error)[:150]}"


class RayPlace:
    """A Ray cluster.

    Args:
        address: HOST:PORT of the cluster, ray://HOST:PORT of its client server, or auto.
        count: of the workers.
        threads: of each worker, and the processors that Ray reserves for it; None is 1.

    Raises:
        UsageError: the cluster does not answer, or has too few processors.
    """

    restarts = True

    def __init__(self, address: str, count: int, threads: int | None) -> None:
        self.count, self.threads = count, threads or 1
        self._group: Any = None
        self._was_connected = connect(address)
        self._check_resources(address)

    def _check_resources(self, address: str) -> None:
        import ray

        found = ray.cluster_resources()
        needed = self.count * self.threads
        if found.get("CPU", 0) < needed:
            self.close()
            raise UsageError(
                f"The Ray cluster at {address} has {found.get('CPU', 0):g} processors. {self.count} workers "
                f"of {self.threads} threads need {needed}. Set fewer --workers, or --set threads=1."
            )

    def start(self, job: Job) -> Sequence[RayWorker]:
        """Start the workers, on as many nodes as possible.

        Raises:
            TrainingError: Ray finds no places for them, or cannot start them.
        """
        workers = [RayWorker(actor) for actor in self._start_actors()]
        try:
            self._start_workers(job, [worker.actor for worker in workers])
        except Exception as error:  # Ray's errors have no common class
            for worker in workers:
                worker.stop()
            raise TrainingError(
                f"Ray could not start the workers: {format_error(error)}. All nodes need keras-zoo[jax,ray]."
            ) from error
        return workers

    def _start_actors(self) -> list[Any]:
        """Start an actor for each worker, in the order of their ranks.

        Raises:
            TrainingError: Ray finds no places for them.
        """
        import ray

        self._remove_group()
        resources = task_resources(self.count, self.threads)
        amounts = {"CPU": resources["num_cpus"], "GPU": resources["num_gpus"]}
        bundle = {name: amount for name, amount in amounts.items() if amount}
        self._group = ray.util.placement_group([bundle] * self.count, strategy="SPREAD")
        if not self._group.wait(PLACE_SECONDS):
            raise TrainingError(
                f"The Ray cluster has no room for {self.count} workers: it has "
                f"{ray.available_resources().get('CPU', 0):g} free processors. Go on later with --resume."
            )
        place = ray.util.scheduling_strategies.PlacementGroupSchedulingStrategy
        actor_class = ray.remote(**resources)(WorkerActor)
        return [
            actor_class.options(
                scheduling_strategy=place(self._group, placement_group_bundle_index=rank)
            ).remote()
            for rank in range(self.count)
        ]

    def _start_workers(self, job: Job, actors: Sequence[Any]) -> None:
        """Let each actor start its worker."""
        import ray

        address = ray.get(actors[0].address.remote(), timeout=PLACE_SECONDS)
        lines = [
            job.for_member(Member(rank, self.count, address)).to_line()
            for rank in range(self.count)
        ]
        starts = [
            actor.start.remote(line, self.threads)
            for actor, line in zip(actors, lines, strict=True)
        ]
        ray.get(starts, timeout=PLACE_SECONDS)

    def _remove_group(self) -> None:
        import ray

        if self._group is not None:
            with suppress(Exception):  # the cluster may be gone
                ray.util.remove_placement_group(self._group)
            self._group = None
            time.sleep(0.5)

    def close(self) -> None:
        """Give the places back, and leave the cluster if it was joined here."""
        self._remove_group()
        if not self._was_connected:
            disconnect()
