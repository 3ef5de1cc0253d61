"""One architecture: a plug-in's hooks as typed methods.

Each method checks the hook's result, so the rest of the zoo need not. An error inside a hook becomes a
PluginError that names the package that raised it: the plug-in's, or an extension's.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from zoo.entry_points import ARCHITECTURES
from zoo.errors import PluginError, ZooError, brief, format_error
from zoo.registry.extension import Extension, failing_place
from zoo.registry.hook_checks import as_number

if TYPE_CHECKING:
    import keras

    from zoo.config import Config
    from zoo.data.dataset import Dataset
    from zoo.io.pictures import Picture
    from zoo.registry.run_info import RunInfo


class Architecture:
    """The hooks of one plug-in, with the extensions' wrappers around them.

    Args:
        name: the architecture's name.
        package: the name and version of its distribution.
        plugin: the module with the hooks.
        manager: pluggy's manager, with the plug-in and the extensions registered.
        extensions: the extensions by the name of their module.

    Every method raises PluginError if the hook raises or returns a wrong result.
    """

    def __init__(
        self,
        name: str,
        package: str,
        plugin: ModuleType,
        manager: pluggy.PluginManager,
        extensions: Mapping[str, Extension],
    ) -> None:
        self.name = name
        self.package = package
        self.plugin = plugin
        self._manager = manager
        self._extensions = extensions

    @property
    def summary(self) -> str:
        """The first sentence of the plug-in's docstring."""
        return (inspect.getdoc(self.plugin) or "").partition("\n\n")[0].replace("\n", " ")

    def has(self, hook: str) -> bool:
        """Return whether the plug-in implements an optional hook."""
        callers = self._manager.get_hookcallers(self.plugin) or []
        return hook in {caller.name for caller in callers}

    def takes(self, hook: str, argument: str) -> bool:
        """Return whether a hook of the plug-in, or an extension's wrapper of it, takes an argument."""
        return any(argument in each.argnames for each in self._caller(hook).get_hookimpls())

    def defaults(self) -> Config:
        """Return the plug-in's default config."""
        from zoo.config import Config

        config = self._call("defaults")
        if not isinstance(config, Config):
            raise self._wrong_result("defaults", "an instance of a subclass of zoo.Config", config)
        return config

    def build(self, config: Config) -> keras.Model:
        """Return a new, untrained model."""
        import keras

        model = self._call("build", config=config)
        if not isinstance(model, keras.Model):
            raise self._wrong_result("build", "a keras.Model", model)
        if not model.built and not model.variables:
            raise self._wrong_result("build", "a model with variables: call it on an input", model)
        return model

    def train(
        self,
        model: keras.Model,
        config: Config,
        data: Dataset,
        callbacks: list[Any],
        run: RunInfo | None = None,
    ) -> keras.callbacks.History:
        """Train the model in place and return Keras' history."""
        import keras

        arguments = {"model": model, "config": config, "data": data, "callbacks": callbacks}
        history = self._call("train", **arguments, run=run)
        if not isinstance(history, keras.callbacks.History):
            raise self._wrong_result("train", "the History that model.fit returns", history)
        return history

    def export(self, model: keras.Model, config: Config) -> dict[str, keras.Model]:
        """Return the parts to export, by role; they share the model's weights."""
        import keras

        parts = self._call("export", model=model, config=config)
        if not isinstance(parts, dict) or not parts:
            raise self._wrong_result("export", "a dictionary of parts", parts)
        for role, part in parts.items():
            if not isinstance(role, str) or not isinstance(part, keras.Model):
                expected = "a dictionary from role to keras.Model"
                raise self._wrong_result("export", expected, {role: part})
        return parts

    def evaluate(
        self,
        model: keras.Model | None,
        config: Config,
        data: Dataset,
        parts: Mapping[str, Any] | None = None,
        batch_size: int | None = None,
        run: RunInfo | None = None,
    ) -> dict[str, float]:
        """Return the model's metrics, all of them finite; none if the plug-in has no such hook.

        `model` and `parts` are None where the hook does not take them; `batch_size` None is its own.
        """
        if not self.has("evaluate"):
            return {}
        arguments: dict[str, Any] = {"model": model, "config": config, "data": data, "run": run}
        arguments |= {"parts": {} if parts is None else parts, "batch_size": batch_size}
        returned = self._call("evaluate", **arguments)
        try:
            metrics = {str(name): as_number(value) for name, value in returned.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise self._wrong_result("evaluate", "a dictionary of numbers", returned) from error
        if broken := {name: value for name, value in metrics.items() if not math.isfinite(value)}:
            raise self._wrong_result("evaluate", "finite numbers", broken)
        return metrics

    def preview(
        self, model: keras.Model, config: Config, data: Dataset, run: RunInfo | None = None
    ) -> dict[str, Picture]:
        """Return the model's pictures by name; none if the plug-in has no such hook."""
        if not self.has("preview"):
            return {}
        previews = self._call("preview", model=model, config=config, data=data, run=run)
        if not isinstance(previews, dict):
            raise self._wrong_result("preview", "a dictionary of pictures", previews)
        return {name: self._picture(name, picture) for name, picture in previews.items()}

    def read_item(self, config: Config, item: Any) -> Any:
        """Return one of the user's items as `apply` takes it in `inputs`."""
        return self._call("read_item", config=config, item=item)

    def apply(
        self,
        model: keras.Model | None,
        config: Config,
        items: Sequence[Any],
        inputs: Sequence[Any] = (),
        parts: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Return one result for each item of the user's: files or arrays.

        `inputs` is what was read for each item. `model` and `parts` are None where the hook does not
        take them.
        """
        if not self.has("apply"):
            raise PluginError(f"The architecture {self.name!r} of {self.package} has no apply().")
        arguments = {"items": items, "inputs": inputs, "parts": {} if parts is None else parts}
        results = self._call("apply", model=model, config=config, **arguments)
        if not isinstance(results, list) or len(results) != len(items):
            raise self._wrong_result("apply", f"a list of {len(items)} results", results)
        for result in results:
            if not isinstance(result, dict):
                raise self._wrong_result("apply", "a dictionary for each item", result)
        return results

    def notify(self, event: str, **arguments: Any) -> None:
        """Tell the extensions of an event, `on_run_end` or `on_export_end`."""
        self._call(event, **arguments)

    def _picture(self, name: object, picture: Any) -> Picture:
        """Return a picture as Pillow images; drawing it here finds its mistakes."""
        from zoo.io import pictures

        if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name):
            expected = "pictures by file name without a suffix"
            raise self._wrong_result("preview", expected, {name: picture})
        frames = picture if isinstance(picture, list | tuple) else [picture]
        try:
            images = [pictures.to_image(frame) for frame in frames]
            if not images or any(0 in image.size for image in images):
                raise ValueError("the picture is empty")
        except Exception as error:  # NumPy, Pillow and matplotlib each raise errors of their own
            expected = f"an array, an image, a figure or a list of them as the picture {name!r}"
            raise self._wrong_result("preview", expected, picture) from error
        return images if frames is picture else images[0]

    def _caller(self, hook: str) -> pluggy.HookCaller:
        """Return what calls this plug-in's hook and the extensions around it, and no other plug-in's."""
        others = [
            plugin
            for name, plugin in self._manager.list_name_plugin()
            if name.startswith(f"{ARCHITECTURES}:") and plugin is not self.plugin
        ]
        return self._manager.subset_hook_caller(hook, others)

    def _call(self, hook: str, **arguments: Any) -> Any:
        """Call this plug-in's hook and the extensions around it."""
        try:
            return self._caller(hook)(**arguments)
        except ZooError:
            raise
        except (Exception, SystemExit) as error:
            raise self._failure(hook, error) from error

    def _failure(self, hook: str, error: BaseException) -> PluginError:
        """Return an error that names the innermost plug-in or extension in a traceback, and its line."""
        package = self.plugin.__name__.partition(".")[0]
        place, extension = failing_place(error, package, self._extensions)
        origin = extension.origin if extension else self._origin
        advice = extension.advice if extension else ""
        text = f"{origin} failed{place} in {hook}(): {format_error(error)}"
        return PluginError(f"{text.rstrip('.')}.{advice}" if advice else text)

    def _wrong_result(self, hook: str, expected: str, received: object) -> PluginError:
        """Return an error about a hook's result, with the extensions that may have changed it."""
        around = "".join(
            f". {extension.origin} wraps it.{extension.advice}".rstrip(".")
            for wrapper in getattr(self._manager.hook, hook).get_hookimpls()
            if (extension := self._extensions.get(getattr(wrapper.plugin, "__name__", "")))
        )
        origin = self._origin[0].lower() + self._origin[1:]
        return PluginError(
            f"{hook}() of {origin} must return {expected}. Received: {brief(received)}{around}"
        )

    @property
    def _origin(self) -> str:
        return f"The architecture {self.name!r} of {self.package}"
