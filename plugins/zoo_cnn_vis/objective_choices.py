"""The objective of the settings: its layers and channels in the network, one choice for each image."""

from collections.abc import Mapping
from typing import Any

import zoo
from zoo.interpret import networks

from .config import Config
from .objective_language import Term, parse_numbers, parse_objective
from .objectives import (
    CLASS_KINDS,
    REFERENCE_KINDS,
    SINGLE_READING_KINDS,
    Choice,
    Objective,
    neuron_position,
    read_direction,
)
from .schedule import Schedule, format_size
from .visualized_network import Network


def create_objective(config: Config, network: Network) -> Objective:
    """Return the objective of the settings.

    Raises:
        SettingError: it cannot be read, the network has no such layer or channel, or its terms name
            different numbers of images.
    """
    terms = parse_objective(config.objective)
    channels = {layer.name: layer.channels for layer in networks.layers_of(network.model)}
    choices = [term_choices(term, network, channels) for term in terms]
    counts = sorted({len(row) for row in choices} - {1})
    if len(counts) > 1:
        raise zoo.SettingError(
            f"objective: its terms name {' and '.join(map(str, counts))} images. Name equally many "
            "channels in each term, or one."
        )
    return Objective(terms, choices, config)


def term_choices(term: Term, network: Network, channels: Mapping[str, int]) -> list[Choice]:
    """Return a choice for each layer and channel that a term names.

    Args:
        term: the term.
        network: the network.
        channels: the number of channels of each layer.

    Raises:
        SettingError: there is no such layer or channel, or it has no gradient.
        DataError: the file of a direction cannot be read.
    """
    if term.kind in CLASS_KINDS:
        return class_choices(term, network, channels)
    found = networks.find_layers(network.model, [term.layer or ""], "objective: layer")
    for layer in found:
        check_gradient(network, layer)
        sizes = [size for size in layer.shape if size is not None]
        if term.kind == "neuron" and len(sizes) == len(layer.shape):
            neuron_position(term, sizes[:-1])
        if term.kind == "direction":
            read_direction(term, layer.channels)
    if term.kind in SINGLE_READING_KINDS:
        return [Choice(layer.name, 0, layer.name) for layer in found]
    return [
        Choice(layer.name, number, f"{layer.name}:{number}")
        for layer in found
        for number in parse_numbers(
            term.numbers, layer.channels, f"objective: channels of {layer.name}"
        )
    ]


def class_choices(term: Term, network: Network, channels: Mapping[str, int]) -> list[Choice]:
    """Return a choice for each class that a term names.

    Args:
        term: the term.
        network: the network.
        channels: the number of channels of each layer.

    Raises:
        SettingError: the network has no scores of classes, or there is no such class.
    """
    last = network.model.layers[-1].name
    layer = network.scores or (last if term.kind == "logit" else None)
    if layer is None:
        raise zoo.SettingError(
            f"objective: {term} needs a network that ends in a softmax over classes. "
            f"Received: {network.model.name}, which ends in {last}"
        )
    if term.kind == "adversarial" and not term.words:
        return [Choice(layer, 0, "adversarial")]
    numbers = parse_numbers(term.numbers, channels[layer], f"objective: {term.kind}")
    return [Choice(layer, number, f"{term.kind} {number}") for number in numbers]


def check_gradient(network: Network, layer: Any) -> None:
    """Check that a layer's output is of floats, so that it has a gradient.

    Raises:
        SettingError: it is not.
    """
    found = network.model.get_layer(layer.name)
    dtype = str(getattr(found.output, "dtype", found.compute_dtype))
    if "float" not in dtype:
        raise zoo.SettingError(
            f"objective: the output of {layer.name} is {dtype}, so it has no gradient. "
            "Choose a layer before it."
        )


def check_windows(objective: Objective, schedule: Schedule) -> None:
    """Check that objectives with references have each image in one window.

    Raises:
        SettingError: there are several windows or sizes.
    """
    if objective.has(*REFERENCE_KINDS) and schedule.sizes != (schedule.tile,):
        raise zoo.SettingError(
            f"{' and '.join(REFERENCE_KINDS)} need images of the size of the network's input, "
            f"{format_size(schedule.tile)}. Received: {', '.join(map(format_size, schedule.sizes))}"
        )


def image_count(objective_count: int, start_count: int) -> int:
    """Return the number of images, from the numbers that the objective and the start name.

    Raises:
        SettingError: neither divides the other.
    """
    most = max(objective_count, start_count)
    if most % objective_count or most % start_count:
        raise zoo.SettingError(
            f"The objective names {objective_count} images and the start {start_count}. One number must "
            "divide the other."
        )
    return most
