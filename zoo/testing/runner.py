"""The checks by name, and a runner that makes those that make sense after what failed before."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zoo.environment import shows_tracebacks
from zoo.errors import UnknownName, ZooError, format_error
from zoo.exporters.api import FORMATS_BY_DEFAULT
from zoo.testing import data_kinds, fidelity, mechanics, optimization, portability, semantics
from zoo.testing.outcome import CheckFailure, Outcome, SkipCheck, Verdict
from zoo.testing.subject import Subject


@dataclass(frozen=True)
class Check:
    """One check of the contract.

    Attributes:
        function: what raises CheckFailure, SkipCheck or a ZooError.
        needs: the checks that are made first, and must not fail.
        explained_by: the checks whose failure explains a failure of this one, where they were made.
        fast: whether `zoo check --fast` makes it.
        slow: whether it takes more than a few seconds after the training.
    """

    function: Callable[[Subject], None]
    needs: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    fast: bool = False
    slow: bool = False

    @property
    def summary(self) -> str:
        """What holds where the check passes, in a sentence."""
        return (self.function.__doc__ or "").partition("\n")[0]


TRAINED = ("train",)
CHECKS: Mapping[str, Check] = {
    "config": Check(mechanics.check_config, fast=True),
    "catalog": Check(mechanics.check_catalog, ("config",), fast=True),
    "build": Check(mechanics.check_build, ("config",), fast=True),
    "parts": Check(mechanics.check_parts, ("build",), fast=True),
    "train": Check(mechanics.check_train, ("build",)),
    "loss-falls": Check(optimization.check_loss_falls, TRAINED),
    "parts-learn": Check(optimization.check_parts_learn, ("train", "parts")),
    "fit-is-last": Check(optimization.check_fit_is_last, TRAINED),
    "round-trip": Check(mechanics.check_round_trip, ("train", "parts")),
    "fidelity": Check(fidelity.check_fidelity, ("train", "round-trip")),
    "evaluate": Check(semantics.check_evaluate, TRAINED),
    "preview": Check(semantics.check_preview, TRAINED),
    "apply": Check(semantics.check_apply, ("train", "parts")),
    "determinism": Check(mechanics.check_determinism, TRAINED),
    "test-split": Check(mechanics.check_test_split, TRAINED, ("determinism",)),
    "resume": Check(mechanics.check_resume, TRAINED, ("determinism",)),
    "series": Check(data_kinds.check_series, TRAINED, slow=True),
    "volume": Check(data_kinds.check_volume, TRAINED, slow=True),
    "regression": Check(data_kinds.check_regression, TRAINED, slow=True),
    "export": Check(portability.check_export, ("train", "parts"), slow=True),
    "reopen": Check(portability.check_reopen, ("export",), slow=True),
    "jax": Check(portability.check_jax, TRAINED, slow=True),
}
FAST_CHECKS = tuple(name for name, check in CHECKS.items() if check.fast)


class Runner:
    """Makes checks on one subject, each once, after those that it needs.

    Args:
        subject: the architecture with its tiny task.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.outcomes: dict[str, Outcome] = {}

    def outcome(self, name: str) -> Outcome:
        """Return the outcome of a check, made on first use; skipped where one that it needs failed."""
        if name not in self.outcomes:
            cause = self._cause(name)
            started = time.perf_counter()
            verdict, detail = (
                _verdict(name, self.subject) if cause is None else ("skipped", f"{cause} failed")
            )
            seconds = round(time.perf_counter() - started, 1)
            self.outcomes[name] = Outcome(name, verdict, detail, seconds)
        return self.outcomes[name]

    def _cause(self, name: str) -> str | None:
        """Return the failed check that a check would follow from, or None."""
        made = [other for other in CHECKS[name].explained_by if other in self.outcomes]
        for other in (*CHECKS[name].needs, *made):
            if self.outcome(other).verdict == "failed":
                return other
            if cause := self._cause(other):
                return cause
        return None


def outcomes(
    name: str,
    checks: Sequence[str] = tuple(CHECKS),
    formats: Sequence[str] | None = None,
) -> Iterator[Outcome]:
    """Make checks on one architecture, one after the other.

    A check that another one needs is made too, and its outcome is yielded where it failed.

    Args:
        name: of an architecture, or of a model of the catalog.
        checks: names of CHECKS.
        formats: the formats that `export` writes and `reopen` opens; all four if not given.

    Raises:
        UnknownName: there is no such model, architecture or check.
        PluginError: the architecture cannot be registered.

    Example:
        >>> [outcome.check for outcome in outcomes("mlp") if outcome.verdict == "failed"]
        []
    """
    for check in checks:
        if check not in CHECKS:
            raise UnknownName("check", check, CHECKS)
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as folder:
        runner = Runner(Subject(name, Path(folder), formats or FORMATS_BY_DEFAULT))
        shown: set[str] = set()
        for check in checks:
            runner.outcome(check)
            for outcome in list(runner.outcomes.values()):
                wanted = outcome.check == check or outcome.verdict == "failed"
                if wanted and outcome.check not in shown:
                    shown.add(outcome.check)
                    yield outcome


def _verdict(name: str, subject: Subject) -> tuple[Verdict, str]:
    """Make one check, and return what came of it; with ZOO_TRACEBACK set, a failure is raised."""
    try:
        with _no_retracing_warnings():
            CHECKS[name].function(subject)
    except SkipCheck as reason:
        return "skipped", str(reason)
    except Exception as error:  # a plug-in's model or config may raise anything when it is used
        if shows_tracebacks():
            raise
        ours = isinstance(error, CheckFailure | ZooError)
        return "failed", str(error) if ours else format_error(error)
    return "passed", ""


@contextmanager
def _no_retracing_warnings() -> Iterator[None]:
    """Silence what TensorFlow says about many small models in one process, which the checks make."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
