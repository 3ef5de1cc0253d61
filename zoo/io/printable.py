"""Text from elsewhere as it may be shown: control characters are escaped, so they control no terminal."""

from __future__ import annotations

import re

__all__ = ["markdown", "printable", "spreadsheet_text"]

# Controls of ASCII and of Latin-1, marks that turn the direction of writing, invisible characters, halves of
# characters (in names of files that are no UTF-8). Line feed and tab stay.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    r"""Return a text with its control characters as escapes; line feeds and tabs stay.

    Example:
        >>> printable("\x1b[31mred")
        '\\x1b[31mred'
    """
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


def markdown(text: str) -> str:
    r"""Return a text for a line of Markdown: no control character, line break, HTML, link or cell of a table.

    Example:
        >>> markdown("<b>|")
        '\\<b\\>\\|'
    """
    line = " ".join(printable(text).split())
    return re.sub(r"([\\`<>\[\]|])", r"\\\1", line)


def spreadsheet_text(text: str) -> str:
    """Return a text for a cell of a .csv: a spreadsheet does not take it for a formula.

    Example:
        >>> spreadsheet_text("=1+1"), spreadsheet_text("-1"), spreadsheet_text("cat")
        ("'=1+1", '-1', 'cat')
    """
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
