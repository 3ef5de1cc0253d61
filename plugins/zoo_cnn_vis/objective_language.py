"""The language of objectives: terms that are added, subtracted and scaled.

    channel:conv2d_3:7 - 0.5*channel:conv2d_5:9

    neuron:LAYER:CHANNELS[:ROW[:COLUMN]]   one position of a channel; its middle if none is named
    channel:LAYER:CHANNELS                 the mean of a channel over all positions
    layer:LAYER                            amplifies what the layer already responds to, as cnn-vis does
    deepdream:LAYER                        the mean of squared activations
    direction:LAYER:FILE.npy               the mean along a direction in feature space
    logit:CLASSES                          the score of a class before the softmax
    class:CLASSES                          the logarithm of a class's probability
    adversarial[:CLASS]                    away from the class of the start image, or towards a class
    inversion:LAYER                        minus the distance to the features of `target`

CHANNELS and CLASSES are a number, 3..7 or *. A LAYER may be a glob. Each layer and channel that a term
names is an image of its own. Signs between terms stand between spaces.
"""

import difflib
import re
from dataclasses import dataclass

import zoo

KINDS = {  # the least and the largest number of words after the kind
    "neuron": (2, 5),
    "channel": (2, 2),
    "layer": (1, 1),
    "deepdream": (1, 1),
    "direction": (2, 2),
    "logit": (1, 1),
    "class": (1, 1),
    "adversarial": (0, 1),
    "inversion": (1, 1),
}
LAYER_KINDS = ("neuron", "channel", "layer", "deepdream", "direction", "inversion")
EXAMPLES = "channel:conv2d_3:7, class:*, layer:conv2d_3 - 0.5*channel:conv2d_3:0"


@dataclass(frozen=True)
class Term:
    """One term: scale * kind:words."""

    scale: float
    kind: str
    words: tuple[str, ...]

    @property
    def layer(self) -> str | None:
        """The name or glob of the term's layers; None if it is about the scores of the classes."""
        return self.words[0] if self.kind in LAYER_KINDS else None

    @property
    def numbers(self) -> str:
        """The channels or classes of the term: a number, 3..7 or *."""
        rest = self.words[1:] if self.kind in LAYER_KINDS else self.words
        return rest[0] if rest else "0"

    def __str__(self) -> str:
        return ":".join((self.kind, *self.words))


def parse_objective(objective: str) -> list[Term]:
    """Return the terms of an objective.

    Raises:
        SettingError: a term cannot be read; the message names it and what was expected.
    """
    pieces = re.split(r"\s+([+-])\s+", objective.strip())
    signs = ["+", *pieces[1::2]]
    return [
        parse_term(piece, 1 if sign == "+" else -1)
        for sign, piece in zip(signs, pieces[::2], strict=True)
    ]


def parse_term(text: str, sign: int) -> Term:
    """Return one term; the sign is that before it in the objective.

    Raises:
        SettingError: the text is no term.
    """
    match = re.fullmatch(r"([+-]?)\s*(?:(\d*\.?\d+(?:e-?\d+)?)\s*\*\s*)?(\w+)((?::[^:\s]+)*)", text)
    if match is None:
        raise zoo.SettingError(
            f"objective: {text!r} is no term. Expected: [NUMBER*]KIND:LAYER:CHANNEL, such as {EXAMPLES}"
        )
    minus, number, kind, rest = match.groups()
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Choices: {', '.join(KINDS)}."
        raise zoo.SettingError(f"objective: there is no kind {kind!r}. {hint}")
    words = tuple(rest.split(":")[1:])
    least, most = KINDS[kind]
    if not least <= len(words) <= most:
        raise zoo.SettingError(f"objective: expected {term_form(kind)}. Received: {text!r}")
    return Term(sign * (-1 if minus == "-" else 1) * float(number or 1), kind, words)


def term_form(kind: str) -> str:
    """Return the form of the terms of one kind, from this module's docstring."""
    forms = [line.split()[0] for line in (__doc__ or "").splitlines() if line.strip()]
    return next(form for form in reversed(forms) if re.split(r"[:\[]", form)[0] == kind)


def parse_numbers(text: str, count: int, name: str) -> list[int]:
    """Return the numbers that a text names: a number, 3..7 or *.

    Args:
        text: what to read.
        count: the numbers are below it.
        name: what the numbers are, for messages.

    Raises:
        SettingError: the text is none of these, or a number is out of range.
    """
    if text == "*":
        return list(range(count))
    match = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", text)
    if match is None:
        raise zoo.SettingError(f"{name}: expected a number, 3..7 or *. Received: {text!r}")
    first, last = int(match[1]), int(match[2] or match[1])
    if not first <= last < count:
        raise zoo.SettingError(f"{name}: expected 0 to {count - 1}. Received: {text}")
    return list(range(first, last + 1))
