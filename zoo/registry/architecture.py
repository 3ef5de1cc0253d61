"""One architecture: a plug-in's hooks behind typed methods.

Every result is checked here, once, so that the rest of the zoo can trust it. An error inside a
hook comes out as a PluginError that names whoever raised it: the plug-in, or an extension around it.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from zoo.errors import PluginError, ZooError, brief, format_error

if TYPE_CHECKING:
    import keras

    from zoo.config import Config
    from zoo.data.dataset import Dataset
    from zoo.io.pictures import Picture


class Architecture:
    """The hooks of one plug-in, with the extensions' wrappers around them."""

    def __init__(
        self,
        name: str,
        package: str,
        plugin: ModuleType,
        manager: pluggy.PluginManager,
        extensions: Mapping[str, str],
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
        """Tell whether the plug-in implements an optional hook."""
        callers = self._manager.get_hookcallers(self.plugin) or []
        return hook in {caller.name for caller in callers}

    def defaults(self) -> Config:
        """Give the plug-in's default config."""
        from zoo.config import Config

        config = self._call("defaults")
        if not isinstance(config, Config):
            raise self._broken("defaults", "an instance of a subclass of zoo.Config", config)
        return config

    def build(self, config: Config) -> keras.Model:
        """Make the untrained model."""
        import keras

        model = self._call("build", config=config)
        if not isinstance(model, keras.Model):
            raise self._broken("build", "a keras.Model", model)
        if not model.built and not model.variables:
            raise self._broken("build", "a model that knows its inputs: call it once", model)
        return model

    def train(
        self, model: keras.Model, config: Config, data: Dataset, callbacks: list[Any]
    ) -> keras.callbacks.History:
        """Train the model in place."""
        import keras

        history = self._call("train", model=model, config=config, data=data, callbacks=callbacks)
        if not isinstance(history, keras.callbacks.History):
            raise self._broken("train", "the History that model.fit returns", history)
        return history

    def export(self, model: keras.Model, config: Config) -> dict[str, keras.Model]:
        """Give the parts worth shipping, by role."""
        import keras

        parts = self._call("export", model=model, config=config)
        if not isinstance(parts, dict) or not parts:
            raise self._broken("export", "a dictionary of parts", parts)
        for role, part in parts.items():
            if not isinstance(role, str) or not isinstance(part, keras.Model):
                raise self._broken("export", "a dictionary from role to keras.Model", {role: part})
        return parts

    def evaluate(self, model: keras.Model, config: Config, data: Dataset) -> dict[str, float]:
        """Measure the model; an architecture without `evaluate` has no metrics.

        Raises:
            PluginError: the hook fails, or a metric is not a finite number.
        """
        if not self.has("evaluate"):
            return {}
        returned = self._call("evaluate", model=model, config=config, data=data)
        try:
            metrics = {str(name): float(value) for name, value in returned.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise self._broken("evaluate", "a dictionary of numbers", returned) from error
        if broken := {name: value for name, value in metrics.items() if not math.isfinite(value)}:
            raise self._broken("evaluate", "finite numbers", broken)
        return metrics

    def preview(self, model: keras.Model, config: Config, data: Dataset) -> dict[str, Picture]:
        """Draw the model's pictures; an architecture without any gives none."""
        if not self.has("preview"):
            return {}
        drawn = self._call("preview", model=model, config=config, data=data)
        if not isinstance(drawn, dict):
            raise self._broken("preview", "a dictionary of pictures", drawn)
        return {name: self._picture(name, picture) for name, picture in drawn.items()}

    def apply(
        self, model: keras.Model, config: Config, items: Sequence[Any]
    ) -> list[dict[str, Any]]:
        """Use the model on the user's own items."""
        if not self.has("apply"):
            raise PluginError(f"The architecture {self.name!r} of {self.package} has no apply().")
        results = self._call("apply", model=model, config=config, items=items)
        if not isinstance(results, list) or len(results) != len(items):
            raise self._broken("apply", f"a list of {len(items)} results", results)
        for result in results:
            if not isinstance(result, dict):
                raise self._broken("apply", "a dictionary for each item", result)
        return results

    def _picture(self, name: object, picture: Any) -> Picture:
        """Draw one picture, so that whatever is wrong with it is found here."""
        from zoo.io import pictures

        if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name):
            raise self._broken("preview", "pictures by file name without a suffix", {name: picture})
        frames = picture if isinstance(picture, list | tuple) else [picture]
        try:
            drawn = [pictures.to_image(frame) for frame in frames]
            if not drawn or any(0 in image.size for image in drawn):
                raise ValueError("there is nothing in it")
        except Exception as error:  # NumPy, Pillow and matplotlib each have errors of their own
            expected = f"an array, an image, a figure or a list of them as the picture {name!r}"
            raise self._broken("preview", expected, picture) from error
        return drawn if frames is picture else drawn[0]

    def _call(self, hook: str, **arguments: Any) -> Any:
        others = [
            plugin
            for name, plugin in self._manager.list_name_plugin()
            if name.startswith("zoo.architectures:") and plugin is not self.plugin
        ]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            return caller(**arguments)
        except ZooError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self._culprit(error)} in {hook}(): {format_error(error)}"
            ) from error

    def _culprit(self, error: BaseException) -> str:
        """Name the innermost plug-in or extension on the error's way, and its line."""
        culprit, place = f"The architecture {self.name!r} of {self.package}", ""
        ours = self.plugin.__name__.partition(".")[0]
        traceback = error.__traceback__
        while traceback is not None:
            module = str(traceback.tb_frame.f_globals.get("__name__"))
            where = f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
            if module in self._extensions:
                culprit, place = self._extensions[module], where
            elif module.partition(".")[0] == ours:
                culprit, place = f"The architecture {self.name!r} of {self.package}", where
            traceback = traceback.tb_next
        return f"{culprit} failed at {place}" if place else f"{culprit} failed"

    def _broken(self, hook: str, expected: str, received: object) -> PluginError:
        around = "".join(
            f". {self._extensions[wrapper.plugin.__name__]} wraps it"
            for wrapper in getattr(self._manager.hook, hook).get_hookimpls()
            if getattr(wrapper.plugin, "__name__", "") in self._extensions
        )
        return PluginError(
            f"{hook}() of the architecture {self.name!r} of {self.package} must return {expected}. "
            f"Received: {brief(received)}{around}"
        )
