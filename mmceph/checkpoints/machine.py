"""The pickle language, cut down to what a checkpoint needs, and bounded.

Nothing is looked up or called here: a name in a file is only a :class:`Name`, and what is made of
it is up to :class:`mmceph.checkpoints.builders.Builders`, which knows a closed list.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, NamedTuple, Protocol

from .error import Damaged, Refused

MOST_STEPS = 4_000_000
"""Steps of one pickle; those of a large model with its optimizer are about 500,000."""
MOST_CALLS = 300_000
_LARGEST_KEY = 1 << 32
# Names as Python 2 had them, which torch writes to this day (pickle protocol 2).
_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class Name(NamedTuple):
    """A class or function that a pickle names; never the thing itself."""

    text: str


class Maker(Protocol):
    """What makes values out of a pickle's names and arguments."""

    def named(self, name: Name) -> Any:
        """The value a name stands for by itself, or the name."""

    def call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """The value of a call of ``name``."""

    def fill(self, value: Any, state: Any) -> None:
        """Give an object its state."""

    def storage(self, reference: Any) -> Any:
        """The numbers that a tensor lies in."""


class Machine:
    """Reads one pickle.

    Args:
        stream: Where the pickle starts.
        maker: Makes what it names.
    """

    def __init__(self, stream: BinaryIO | io.BufferedIOBase, maker: Maker) -> None:
        self._stream = stream
        self._maker = maker
        self._stack: list[Any] = []
        self._outer: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._calls = 0

    def load(self) -> Any:
        """The value of the pickle; the stream stands behind it then.

        Raises:
            Refused: It holds what is not built, or more than any checkpoint does.
            Damaged: It is no whole pickle.
        """
        try:
            for _ in range(MOST_STEPS):
                code = self._stream.read(1)
                if code == pickle.STOP:
                    return self._stack.pop()
                step = _STEPS.get(code)
                if step is None:
                    raise Refused(f"the pickle step {code!r}" if code else "an end before its end")
                step(self)
        except (IndexError, KeyError, struct.error) as error:  # of the stack, the memo, the stream
            raise Damaged("its pickle is damaged") from error
        except (UnicodeError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Damaged(f"its pickle is damaged: {error}") from error
        raise Refused(f"more than {MOST_STEPS} steps of pickle")

    def _bytes(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) != count:
            raise Damaged("its pickle is cut short")
        return data

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._bytes(struct.calcsize(form)))[0]

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _since_mark(self) -> list[Any]:
        items = self._stack
        self._stack = self._outer.pop()
        return items

    def _protocol(self) -> None:
        self._bytes(1)  # the steps say it all

    def _drop(self) -> None:
        self._stack.pop()

    def _mark(self) -> None:
        self._outer.append(self._stack)
        self._stack = []

    def _name(self) -> None:
        module, name = (self._stream.readline(1024)[:-1].decode() for _ in range(2))
        found = Name(ascii(f"{_MODULES.get(module, module)}.{name}")[1:-1])
        self._push(self._maker.named(found))

    def _call(self) -> None:
        arguments = self._stack.pop()
        name = self._stack.pop()
        self._calls += 1
        if type(name) is not Name or type(arguments) is not tuple:
            raise Refused("a call of something without a name")
        if self._calls > MOST_CALLS:
            raise Refused(f"more than {MOST_CALLS} objects")
        self._push(self._maker.call(name.text, arguments))

    def _build(self) -> None:
        state = self._stack.pop()
        self._maker.fill(self._stack[-1], state)

    def _append(self, items: Iterable[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise Refused(f"a {type(target).__name__} used as a list")
        target.extend(items)

    def _set(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise Refused(f"a {type(target).__name__} used as a dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[plain_key(key)] = value

    def _set_one(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set([key, value])

    def _tuple(self, count: int) -> None:
        if len(self._stack) < count:
            raise Damaged("its pickle is damaged")
        self._stack[-count:] = [tuple(self._stack[-count:])]

    def _text(self, length: int, form: str = "utf-8") -> None:
        self._push(str(self._bytes(length), form, "surrogatepass"))

    def _storage(self) -> None:
        self._push(self._maker.storage(self._stack.pop()))

    def _keep(self, place: int) -> None:
        self._memo[place] = self._stack[-1]


def plain_key(key: Any) -> Any:
    """A dict's key that costs little to look up.

    Raises:
        Refused: It is another one; numbers chosen for it make a dict of a few MB take hours.
    """
    if type(key) is int and abs(key) < _LARGEST_KEY:
        return key
    if key is None or type(key) in (str, bytes, float, bool):
        return key
    raise Refused(f"a {type(key).__name__} as a key")


_STEPS: dict[bytes, Callable[[Machine], None]] = {
    pickle.PROTO: Machine._protocol,
    pickle.MARK: Machine._mark,
    pickle.GLOBAL: Machine._name,
    pickle.REDUCE: Machine._call,
    pickle.NEWOBJ: Machine._call,
    pickle.BUILD: Machine._build,
    pickle.BINPERSID: Machine._storage,
    pickle.POP: Machine._drop,
    pickle.APPEND: lambda m: m._append([m._stack.pop()]),
    pickle.APPENDS: lambda m: m._append(m._since_mark()),
    pickle.SETITEM: Machine._set_one,
    pickle.SETITEMS: lambda m: m._set(m._since_mark()),
    pickle.TUPLE: lambda m: m._push(tuple(m._since_mark())),
    pickle.TUPLE1: lambda m: m._tuple(1),
    pickle.TUPLE2: lambda m: m._tuple(2),
    pickle.TUPLE3: lambda m: m._tuple(3),
    pickle.NONE: lambda m: m._push(None),
    pickle.NEWTRUE: lambda m: m._push(True),
    pickle.NEWFALSE: lambda m: m._push(False),
    pickle.EMPTY_TUPLE: lambda m: m._push(()),
    pickle.EMPTY_LIST: lambda m: m._push([]),
    pickle.EMPTY_DICT: lambda m: m._push({}),
    pickle.BININT: lambda m: m._push(m._number("<i")),
    pickle.BININT1: lambda m: m._push(m._number("B")),
    pickle.BININT2: lambda m: m._push(m._number("<H")),
    pickle.BINFLOAT: lambda m: m._push(m._number(">d")),
    pickle.LONG1: lambda m: m._push(pickle.decode_long(m._bytes(m._number("B")))),
    pickle.BINUNICODE: lambda m: m._text(m._number("<I")),
    # Text of Python 2, in files as old as that.
    pickle.SHORT_BINSTRING: lambda m: m._text(m._number("B")),
    pickle.BINSTRING: lambda m: m._text(m._number("<i")),
    pickle.BINGET: lambda m: m._push(m._memo[m._number("B")]),
    pickle.LONG_BINGET: lambda m: m._push(m._memo[m._number("<I")]),
    pickle.BINPUT: lambda m: m._keep(m._number("B")),
    pickle.LONG_BINPUT: lambda m: m._keep(m._number("<I")),
}
