"""The .keras file of Keras 3: one zip with the config and the weights, opened in safe mode."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".keras"
RUNTIMES = ("keras",)

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Save the part, with fixed dates and numbers so that the same weights give the same bytes.

    Args:
        part, path, options: as `Format.write` has them; no option is used.

    Raises:
        ExportError: no other process could open one of its layers.
    """
    check_custom_objects(part)
    draft = path.with_name(f"draft-{path.name}")
    part.model.save(draft)
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            if name == "metadata.json":
                metadata = json.loads(source.read(name)) | {"date_saved": "1980-01-01@00:00:00"}
                target.writestr(zipfile.ZipInfo(name, _EPOCH), json.dumps(metadata, sort_keys=True))
            elif name == "config.json":
                config = _with_numbered_objects(json.loads(source.read(name)), {})
                target.writestr(zipfile.ZipInfo(name, _EPOCH), json.dumps(config))
            else:
                _copy_member(source, target, name)
    draft.unlink()


def _copy_member(source: zipfile.ZipFile, target: zipfile.ZipFile, name: str) -> None:
    """Copy a member block by block, since the weights may be large."""
    member = zipfile.ZipInfo(name, _EPOCH)
    member.file_size = source.getinfo(name).file_size  # beyond 2 GiB the header has another form
    with source.open(name) as content, target.open(member, "w") as copy:
        shutil.copyfileobj(content, copy, 2**20)


def _with_numbered_objects(value: Any, seen: dict[int, int]) -> Any:
    """Return a config with numbers for shared objects; Keras writes their addresses in memory."""
    if isinstance(value, list):
        return [_with_numbered_objects(item, seen) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: seen.setdefault(item, len(seen))
        if key == "shared_object_id"
        else _with_numbered_objects(item, seen)
        for key, item in value.items()
    }


def check_custom_objects(part: Part) -> None:
    """Refuse classes and functions that no other process could import.

    Raises:
        ExportError: it names the layer, and what the class or function lacks.
    """
    import keras

    for custom in part.custom_objects:
        registered = keras.saving.get_registered_object(keras.saving.get_registered_name(custom))
        local = custom.__module__ == "__main__" or "<locals>" in custom.__qualname__
        if registered is custom and not local:
            continue
        names = [layer.name for layer in layers_of(part.model) if type(layer) is custom]
        what = f"layer {names[0]!r}" if names else "function or class"
        why = "is defined in a script or a function" if local else "is not registered with Keras"
        raise ExportError(
            f"The {what} ({custom.__name__}) {why}, so no other process could open the file. Define it "
            "in a module of its own under @keras.saving.register_keras_serializable()."
        )
