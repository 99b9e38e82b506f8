"""Kinds of hostile checkpoints that run code or reach beyond what is theirs, were they taken."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

from .hostile import (
    MAGIC,
    PROTO,
    RECONSTRUCT,
    Calls,
    Hostile,
    array,
    call,
    dtype,
    history,
    legacy,
    named,
    pickled,
    plain_state,
    saved,
    storage,
    tensor,
    text,
    whole,
)

HISTORY = "mmengine.logging.history_buffer.HistoryBuffer"
ONES = b"\0\0\x80?" * 4


def _calls(path: str, *more: bytes) -> Callable[..., None]:
    """A call with the marker's path, and more."""
    return pickled(lambda marker: call(path, text(str(marker)), *more))


def _runs(path: str, program: str) -> Callable[..., None]:
    """A call with a program that makes the marker."""
    return pickled(lambda marker: call(path, text(program.format(str(marker)))))


def code_kinds() -> list[Hostile]:
    """Kinds that run code, were their names taken."""
    touch, python = "touch '{}'", "open({!r}, 'w')"
    kinds = [
        Hostile("os.system", _runs("os.system", touch)),
        Hostile("posix.system", _runs("posix.system", touch)),
        Hostile("eval", _runs("builtins.eval", python)),
        Hostile("exec, by its name in Python 2", _runs("__builtin__.eval", python)),
        Hostile("open", _calls("builtins.open", text("w"))),
        Hostile("io.open", _calls("io.open", text("w"))),
        Hostile("os.mkdir", _calls("os.mkdir")),
        Hostile("pathlib.Path.touch", _calls("pathlib.Path.touch")),
        Hostile("subprocess.check_output", pickled(
            lambda m: call("subprocess.check_output", b"](" + text("touch") + text(str(m)) + b"e")
        )),
        Hostile("runpy.run_path", _calls("runpy.run_path")),
        Hostile("importlib.import_module", pickled(call("importlib.import_module", text("this")))),
        Hostile("timeit.timeit", _runs("timeit.timeit", python)),
        Hostile("mmengine's import by name", pickled(
            call("mmengine.registry.utils.get_object_from_string", text("os.system"))
        )),
        Hostile("mmengine.Config.fromstring", pickled(
            lambda m: call("mmengine.config.Config.fromstring", text(f"open({str(m)!r}, 'w')"))
        )),
        Hostile("torch.load", _calls("torch.serialization.load")),
        Hostile("torch.hub.load", _calls("torch.hub.load", text("x"), text("local"))),
        Hostile("numpy.fromfile", _calls("numpy.fromfile")),
        Hostile("numpy.load", _calls("numpy.load")),
        Hostile("numpy.ndarray.tofile by getattr", saved(
            lambda m: {"state_dict": {}, "x": Calls(getattr, __import__("numpy").ndarray, "tofile")}
        )),
        Hostile("getattr of a private name", pickled(
            call("builtins.getattr", named(HISTORY), text("__init__"))
        )),
        Hostile("getattr of another object", pickled(
            call("builtins.getattr", named("os.path"), text("os"))
        )),
        Hostile("a method of HistoryBuffer called", pickled(
            call("builtins.getattr", named(HISTORY), text("mean")) + b")R"
        )),
        Hostile("operator.methodcaller", pickled(call("operator.methodcaller", text("x")))),
        Hostile("functools.partial", pickled(call("functools.partial", named("os.system")))),
        Hostile("types.FunctionType", pickled(call("types.FunctionType"))),
        Hostile("_codecs.decode", pickled(call("_codecs.decode", text("x"), text("rot13")))),
        Hostile("copyreg._reconstructor", pickled(
            call("copy_reg._reconstructor", named("os._wrap_close"), named("__builtin__.object"))
        )),
        Hostile("a default of a dict", pickled(
            call("collections.defaultdict", named("os.getcwd"))
        )),
        Hostile("a class built anew", pickled(named("os._wrap_close") + b")\x81")),
        Hostile("a name of protocol 4", whole(
            lambda: b"\x80\x04}" + text("x") + text("os") + text("getcwd") + b"\x93)Rs."
        )),
        Hostile("the step INST", whole(lambda: PROTO + b"(ios\ngetcwd\n.")),
        Hostile("the step OBJ", whole(lambda: PROTO + b"(" + named("os.getcwd") + b"o.")),
        Hostile("the step EXT1", whole(lambda: PROTO + b"\x82\x01.")),
        Hostile("a name as a value", pickled(named("os.system"))),
        Hostile("a statistic of one's own", pickled(history(
            b"}" + text("statistics_methods") + b"}" + text("min") + named("os.system") + b"ss"
        ))),
        Hostile("a log history with other attributes", pickled(history(
            b"}" + text("update") + named("os.system") + b"s"
        ))),
        Hostile("an OrderedDict with attributes", pickled(
            call("collections.OrderedDict") + b"}" + text("items") + b"Nsb"
        )),
        Hostile("attributes for a class", pickled(named(HISTORY) + b"}" + text("x") + b"Nsb")),
        Hostile("a reference that is a call", pickled(call("os.getcwd") + b"Q")),
    ]  # fmt: skip
    old = [
        ("its first pickle", 5), ("its pickle about the system", 3), ("its contents", 2),
        ("its list of tensors", 1),
    ]  # fmt: skip
    for what, count in old:
        kinds.append(Hostile(f"code in an old file: {what}", _old_code(count)))
    return kinds


def _old_code(count: int) -> Callable[[Path, Path], None]:
    def write(path: Path, marker: Path) -> None:
        values = [MAGIC, 1001, {"little_endian": True}, {}, []][-count:]
        parts = [pickle.dumps(value, 2) for value in values]
        parts[0] = pickle.dumps(Calls(open, str(marker), "w"), 2)
        legacy(path, *parts)

    return write


def memory_kinds() -> list[Hostile]:
    """Kinds that reach beyond what is theirs."""
    field = b"}" + text("f") + dtype("O8") + b"K\x00\x86s"
    nested = b"(K\x03" + text("|") + b"N(" + text("f") + b"t" + field + b"K\x08K\x01K\x10t"
    sub = b"(K\x03" + text("|") + b"(" + dtype("O8") + b"K\x01\x85tNNK\x08K\x01K\x10t"
    wrong = dtype("f4", plain_state())
    pointer = struct.pack("<Q", 0x4141414141414141)
    kinds = [
        Hostile("a dtype that nests an object field",
                pickled(array([1], dtype("V8", nested), pointer))),
        Hostile("fields in the state of a plain dtype",
                pickled(array([1], dtype("f8", nested), pointer))),
        Hostile("a sub-array in the state of a dtype",
                pickled(array([1], dtype("f8", sub), pointer))),
        Hostile("an array of objects", pickled(array([1], dtype("O8"), pointer))),
        Hostile("a number that is an object", pickled(
            call("numpy.core.multiarray.scalar", dtype("O8"), text("x"))
        )),
        Hostile("a number of too few bytes", pickled(
            call("numpy.core.multiarray.scalar", dtype("f8"), call("builtins.bytes"))
        )),
        Hostile("a dtype of text", pickled(array([1], dtype("U9"), b"x"))),
        Hostile("an array longer than its bytes", pickled(array([1 << 40], wrong, ONES))),
        Hostile("an array of sides that overflow", pickled(
            array([1 << 33, 1 << 33], wrong, ONES)
        )),
        Hostile("an array of a negative side", pickled(array([-4], wrong, ONES))),
        Hostile("an array without a dtype", pickled(
            RECONSTRUCT + b"(K\x01K\x04\x85" + text("f4") + b"\x89" + text("x") + b"tb"
        )),
        Hostile("a log history that is no array", pickled(history(
            b"}" + text("max_length") + b"K\x01s" + text("_log_history") + b"K\x01s"
        ))),
        Hostile("a storage longer than its bytes", pickled(
            tensor(storage(1 << 20), 0, [1 << 20], [1])
        )),
        Hostile("a storage of a trillion numbers", pickled(
            tensor(storage(1 << 40), 0, [1 << 40], [1])
        )),
        Hostile("a storage of a negative length", pickled(tensor(storage(-4), 0, [4], [1]))),
        Hostile("a storage that is not there", pickled(tensor(storage(4, "9"), 0, [4], [1]))),
        Hostile("a storage outside the archive", pickled(
            tensor(storage(4, "../../etc/passwd"), 0, [4], [1])
        )),
        Hostile("a storage of two kinds", pickled(
            b"(" + tensor(storage(4), 0, [4], [1])
            + tensor(storage(2, kind=b"ctorch\nDoubleStorage\n"), 0, [2], [1]) + b"t"
        )),
        Hostile("a storage of no known kind", pickled(
            tensor(storage(4, kind=b"ctorch.storage\nUntypedStorage\n"), 0, [4], [1])
        )),
        Hostile("a tensor beyond its storage", pickled(tensor(storage(4), 1, [4], [1]))),
        Hostile("a stride beyond its storage", pickled(tensor(storage(4), 0, [2], [1 << 40]))),
        Hostile("a negative offset", pickled(tensor(storage(4), -1, [4], [1]))),
        Hostile("a negative stride", pickled(tensor(storage(4), 3, [4], [-1]))),
        Hostile("a trillion numbers from one", pickled(tensor(storage(4), 0, [1 << 40], [0]))),
        Hostile("more strides than sides", pickled(tensor(storage(4), 0, [4], [1, 1]))),
        Hostile("a tensor of a thousand axes", pickled(
            tensor(storage(4), 0, [1] * 1000, [1] * 1000)
        )),
        Hostile("a tensor without a storage", pickled(tensor(b"N", 0, [4], [1]))),
    ]  # fmt: skip
    for function in (
        "_rebuild_sparse_tensor", "_rebuild_qtensor", "_rebuild_nested_tensor",
        "_rebuild_wrapper_subclass", "_rebuild_meta_tensor_no_storage", "_rebuild_tensor_v3",
        "_rebuild_device_tensor_from_numpy", "_rebuild_parameter_with_state",
    ):  # fmt: skip
        kinds.append(Hostile(f"torch's {function}", pickled(call(f"torch._utils.{function}"))))
    return kinds
