"""Text of others inside a page of Markdown: shown as it is, and never taken for markup."""

from __future__ import annotations

import re

# GitHub's flavour: $ begins a formula, ~~ strikes through, and an address becomes a link by itself.
_MARKUP = re.compile(r"[\\`*\[\]<>|~$&]|(?<!\w)_|_(?!\w)")
_START = re.compile(r"([#+\-=]|\d+[.)])")


def plain(text: str) -> str:
    r"""Text as Markdown that shows it unchanged, on one line.

    Example:
        >>> plain("a|b <img src=x>\n[c](http://d)")
        'a\\|b \\<img src=x\\> \\[c\\](http:\\/\\/d)'
    """
    escaped = _MARKUP.sub(lambda found: "\\" + found[0], " ".join(text.split()))
    return escaped.replace("://", r":\/\/").replace("www.", r"www\.")


def line(text: str) -> str:
    r"""As :func:`plain`, where a line begins: no heading, no list.

    Example:
        >>> line("# a"), line("1. b")
        ('\\# a', '1\\. b')
    """
    escaped = plain(text)
    start = _START.match(escaped)
    if start is None:
        return escaped
    return f"{escaped[: start.end() - 1]}\\{escaped[start.end() - 1 :]}"


def code(text: str) -> str:
    """Text as a span of code, whatever quotes are in it.

    Example:
        >>> code("a`b")
        '``a`b``'
    """
    flat = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    space = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{space}{flat}{space}{fence}"
