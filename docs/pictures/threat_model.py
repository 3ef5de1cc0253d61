"""The threat model in one picture: what comes from elsewhere, what it passes, and what it can reach.

python docs/pictures/threat_model.py     # writes docs/pictures/threat-model.svg
"""

from html import escape
from pathlib import Path

FILE = Path(__file__).with_name("threat-model.svg")
WIDTH, HEIGHT = 1040, 566
ROW, TOP = 62, 96

# what comes from elsewhere, what it passes before it is used, and the process that uses it
ROWS = [
    ("data: pictures, .npz, .csv, .ts", "sizes, kinds of files, six decoders", "ours"),
    ("catalogs, cards, run.json", "depth, digits, control characters", "ours"),
    ("checkpoints and weights", "sizes, links, types; shipped: a digest", "ours"),
    (".keras and .h5 files", "allow-list of layers; Keras' safe mode", "ours"),
    ("exports: .keras and .h5", "digests, signature; allow-list of layers", "cage"),
    ("exports: ONNX and SavedModel", "digests, signature; allow-list of operators", "cage"),
    ("plug-ins", "none: installing one is trusting it", "all"),
]
COLOURS = {"ours": "#dbe9f6", "cage": "#fde7c8", "all": "#f8d5d5"}
BOXES = [  # what the processes reach: name, colour, first and last row, lines
    ("this process", "ours", 0, 3, ["your files, your network,", "your rights"]),
    ("the cage", "cage", 4, 5, [
        "reads its folder and libraries;", "writes nothing, no network,", "no program; ends at its limits",
    ]),
    ("everything", "all", 6, 6, ["a plug-in is code"]),
]  # fmt: skip


def text(x: int, y: int, content: str, **attributes: str) -> str:
    """Return a line of text."""
    options = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x}" y="{y}"{options}>{escape(content)}</text>'


def box(x: int, y: int, width: int, height: int, colour: str) -> str:
    """Return a rounded rectangle."""
    place = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect {place} rx="8" fill="{colour}" stroke="#555"/>'


def arrow(x: int, y: int, end: int) -> str:
    """Return an arrow to the right."""
    return f'<path d="M{x} {y}H{end - 8}" stroke="#555" stroke-width="2" marker-end="url(#head)"/>'


def draw() -> str:
    """Return the picture as SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="15">',
        '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="2" refY="3" orient="auto">'
        '<path d="M0 0L6 3L0 6z" fill="#555"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for x, title in ((20, "from elsewhere"), (345, "what it passes"), (755, "what it can reach")):
        parts.append(text(x, 56, title, font_weight="bold", font_size="18"))
    for number, (source, check, process) in enumerate(ROWS):
        y = TOP + number * ROW
        parts += [box(20, y, 270, 46, "#f2f2f2"), text(34, y + 28, source)]
        parts += [
            arrow(292, y + 23, 343),
            box(345, y, 350, 46, "#e3f1df" if process != "all" else "white"),
        ]
        parts += [text(359, y + 28, check), arrow(697, y + 23, 753)]
    for name, colour, first, last, lines in BOXES:
        y = TOP + first * ROW
        parts.append(box(755, y, 265, 46 + (last - first) * ROW, COLOURS[colour]))
        parts.append(text(771, y + 20, name, font_weight="bold"))
        parts += [text(771, y + 40 + 19 * at, line) for at, line in enumerate(lines)]
    note = "Every check takes linear time and bounded memory, and its message says how to go on."
    parts.append(text(20, HEIGHT - 14, note, fill="#555"))
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    FILE.write_text(draw(), "utf-8")
