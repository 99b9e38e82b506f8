"""Whether what came out of a checkpoint can be handled: no leftovers, rings or endless depth."""

from __future__ import annotations

from typing import Any

from .error import Refused
from .machine import Name

_DEEPEST = 100
_MOST_WRITTEN_OUT = 20_000_000


def require_plain(content: Any, *leftovers: type) -> None:
    """See that every part of a checkpoint is a value.

    A dict that holds itself, one thousands of levels deep, or one whose parts are shared so that
    written out it would fill any memory, is fatal to what copies, compares or prints it.

    Args:
        content: What was read.
        leftovers: Types that stand for something that was not built.

    Raises:
        Refused: It is not so; what was found is named.
    """
    height: dict[int, int] = {}
    size: dict[int, int] = {}
    open_: set[int] = set()
    todo: list[tuple[Any, bool]] = [(content, False)]
    while todo:
        value, done = todo.pop()
        key = id(value)
        if done:
            parts = [id(part) for part in _parts(value)]
            height[key] = 1 + max((height.get(part, 0) for part in parts), default=0)
            size[key] = 1 + sum(size.get(part, 1) for part in parts)
            open_.discard(key)
            if height[key] > _DEEPEST:
                raise Refused(f"values more than {_DEEPEST} levels deep")
            if size[key] > _MOST_WRITTEN_OUT:
                raise Refused("values that are shared without measure")
        elif isinstance(value, Name):
            raise Refused(value.text)
        elif isinstance(value, leftovers):
            raise Refused(f"a {type(value).__name__.strip('_').lower()} without use")
        elif isinstance(value, (dict, list, tuple, set)):
            if key in open_:
                raise Refused("values that hold themselves")
            if key not in height:
                open_.add(key)
                todo.append((value, True))
                todo += [(part, False) for part in _parts(value)]


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return [*value.values(), *getattr(value, "__dict__", {}).values()]
    return value
