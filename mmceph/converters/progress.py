"""Showing how far a conversion is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Wraps a sequence to show progress; the text says what is being done."""


def no_progress(items: Sequence[Any], _text: str) -> Iterable[Any]:
    """Show nothing."""
    return items


def track(items: Sequence[Any], text: str) -> Iterable[Any]:
    """Show progress over ``items``: a bar where rich is there and someone watches."""
    try:
        from rich.console import Console
        from rich.progress import track as rich_track
    except ImportError:
        print(f"{text} ({len(items)}) ...")
        return items
    console = Console(stderr=True)
    return rich_track(items, text, console=console, disable=not console.is_terminal)
