"""The language of objectives: terms that are added, subtracted and scaled.

    channel:conv2d_3:7 - 0.5*channel:conv2d_5:9

    neuron:LAYER:CHANNELS[:ROW[:COLUMN]]   one place of a channel, its middle if none is given
    channel:LAYER:CHANNELS                 the mean of a channel over all places
    layer:LAYER                            amplify what is there, as cnn-vis does
    deepdream:LAYER                        the mean of squared activations
    direction:LAYER:FILE.npy               the mean along a direction in feature space
    logit:CLASSES                          a class's score before the softmax
    class:CLASSES                          the logarithm of a class's probability
    adversarial[:CLASS]                    away from what the network says of the start, or to a class
    inversion:LAYER                        minus the distance to the features of `target`

CHANNELS and CLASSES are a number, 3..7 or *; a LAYER may be a glob. Each layer and channel that they
stand for is an image of its own. Signs between terms stand between spaces.
"""

import difflib
import re
from dataclasses import dataclass

import zoo

KINDS = {  # how many words follow the kind: at least, at most
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
LAYERED = ("neuron", "channel", "layer", "deepdream", "direction", "inversion")
EXAMPLES = "channel:conv2d_3:7, class:*, layer:conv2d_3 - 0.5*channel:conv2d_3:0"


@dataclass(frozen=True)
class Term:
    """One term: scale * kind:words."""

    scale: float
    kind: str
    words: tuple[str, ...]

    @property
    def layer(self) -> str | None:
        """The name or glob of the layers that it looks at; None: the classes' scores."""
        return self.words[0] if self.kind in LAYERED else None

    @property
    def which(self) -> str:
        """The channels or classes that it looks at."""
        rest = self.words[1:] if self.kind in LAYERED else self.words
        return rest[0] if rest else "0"

    def __str__(self) -> str:
        return ":".join((self.kind, *self.words))


def terms(objective: str) -> list[Term]:
    """Read an objective.

    Raises:
        SettingError: a term is none; says which, and what would be one.
    """
    pieces = re.split(r"\s+([+-])\s+", objective.strip())
    signs = ["+", *pieces[1::2]]
    return [
        _term(piece, 1 if sign == "+" else -1)
        for sign, piece in zip(signs, pieces[::2], strict=True)
    ]


def _term(text: str, sign: int) -> Term:
    found = re.fullmatch(r"([+-]?)\s*(?:(\d*\.?\d+(?:e-?\d+)?)\s*\*\s*)?(\w+)((?::[^:\s]+)*)", text)
    if found is None:
        raise zoo.SettingError(
            f"objective: {text!r} is no term. Expected: [NUMBER*]KIND:LAYER:CHANNEL, such as {EXAMPLES}"
        )
    minus, number, kind, rest = found.groups()
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Kinds: {', '.join(KINDS)}."
        raise zoo.SettingError(f"objective: there is no kind {kind!r}. {hint}")
    words = tuple(rest.split(":")[1:])
    least, most = KINDS[kind]
    if not least <= len(words) <= most:
        forms = [line.split()[0] for line in __doc__.splitlines() if line.strip().startswith(kind)]
        raise zoo.SettingError(f"objective: {text!r} should be {forms[-1]}")
    return Term(sign * (-1 if minus == "-" else 1) * float(number or 1), kind, words)


def numbers(which: str, count: int, what: str) -> list[int]:
    """Read a number, 3..7 or *, of so many.

    Raises:
        SettingError: it is none of these, or out of range.
    """
    if which == "*":
        return list(range(count))
    found = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", which)
    if found is None:
        raise zoo.SettingError(f"{what}: expected a number, 3..7 or *. Received: {which!r}")
    first, last = int(found[1]), int(found[2] or found[1])
    if not first <= last < count:
        raise zoo.SettingError(f"{what}: expected 0 to {count - 1}. Received: {which}")
    return list(range(first, last + 1))
