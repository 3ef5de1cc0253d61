"""Plug-ins for one test: a module is registered as if its package were installed, and others are not seen."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from unittest import mock

from zoo.entry_points import (
    ARCHITECTURES,
    CONTRACT,
    DATASETS,
    EXTENSIONS,
    FORMATS,
    RUNTIMES,
    forget_entry_points,
)
from zoo.entry_points.contract_version import CURRENT
from zoo.errors import UnknownName, UsageError
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog

__all__ = ["Register", "isolated_plugins"]

Register = Callable[..., str]
GROUPS = {
    "architecture": ARCHITECTURES,
    "dataset": DATASETS,
    "format": FORMATS,
    "runtime": RUNTIMES,
    "extension": EXTENSIONS,
}
_MEMBERS = {  # what only a module of a kind has
    "architecture": "defaults",
    "dataset": "load",
    "format": "write",
    "runtime": "FORMATS",
}
PREFIX = "registered-for-a-test-"


@contextmanager
def isolated_plugins() -> Iterator[Register]:
    """Yield a function that registers a module; nothing but these modules and the zoo's own plug-ins is seen.

    The function takes the module, its name as a plug-in, and its kind, which its members tell if it is
    not given. It returns `kind:name`. Processes that are started meanwhile see the same plug-ins.
    """
    with ExitStack() as stack:
        site = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zoo-plugins-")))
        path = os.environ.get("PYTHONPATH", "")
        stack.enter_context(
            mock.patch.dict(
                os.environ,
                {
                    "ZOO_PACKAGES": "keras-zoo",
                    "PYTHONPATH": os.pathsep.join(filter(None, [str(site), path])),
                },
            )
        )
        stack.enter_context(mock.patch.object(sys, "path", [str(site), *sys.path]))
        stack.callback(_forget)
        _forget()
        yield lambda module, name=None, kind=None: _register(site, module, name, kind)
    _forget()


def _register(site: Path, module: ModuleType, name: str | None, kind: str | None) -> str:
    """Write the metadata of a package with one plug-in, and return `kind:name`.

    Raises:
        UsageError: the module is of no kind, or has no file.
        UnknownName: there is no such kind.
    """
    if kind is None:
        kind = next((kind for kind, member in _MEMBERS.items() if hasattr(module, member)), None)
        kind = kind or ("extension" if _has_hooks(module) else None)
    if kind is None:
        raise UsageError(f"{module.__name__} has the members of no kind of plug-in. Say kind=...")
    if kind not in GROUPS:
        raise UnknownName("kind of plug-in", kind, GROUPS)
    if not getattr(module, "__file__", None):
        raise UsageError(f"{module.__name__} has no file, so no other process could import it.")
    name = name or module.__name__.removeprefix("zoo_").replace("_", "-")
    package = f"{PREFIX}{kind}-{name}"
    folder = site / f"{package.replace('-', '_')}-0.dist-info"
    folder.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 0\n"
    (folder / "METADATA").write_text(metadata, "utf-8")
    points = f"[{GROUPS[kind]}]\n{name} = {module.__name__}\n[{CONTRACT}]\nversion = v{CURRENT}\n"
    (folder / "entry_points.txt").write_text(points, "utf-8")
    root = _root_of(module)
    os.environ["PYTHONPATH"] = os.pathsep.join([os.environ["PYTHONPATH"], str(root)])
    if str(root) not in sys.path:
        sys.path.append(str(root))
    os.environ["ZOO_PACKAGES"] += f",{package}"
    _forget()
    return f"{kind}:{name}"


def _root_of(module: ModuleType) -> Path:
    """Return the folder that a module is imported from."""
    file = Path(str(module.__file__)).resolve()
    parts = module.__name__.count(".") + (file.stem == "__init__")
    return file.parents[parts]


def _has_hooks(module: ModuleType) -> bool:
    """Return whether a module has functions under @zoo.hookimpl."""
    return any(hasattr(value, "zoo_impl") for value in vars(module).values())


def _forget() -> None:
    """Forget what is installed, so that it is read again."""
    importlib.invalidate_caches()
    forget_entry_points()
    registry.cache_clear()
    catalog.cache_clear()
