"""The kinds of hostile checkpoints, by what they try."""

from __future__ import annotations

import gzip
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

from .hostile import (
    PROTO,
    STOP,
    Hostile,
    archive,
    call,
    entry,
    in_tar,
    legacy,
    named,
    number,
    pickled,
    raw,
    saved,
    sound,
    storage,
    tensor,
    text,
    whole,
)
from .hostile_code import code_kinds, memory_kinds

ONES = b"\0\0\x80?" * 4


def _endless() -> list[Hostile]:
    """Kinds that fill memory or take for ever."""
    deep = b"]" * 200_001 + b"a" * 200_000
    shared = b"]q\x00" + b"".join(
        b"](" + b"h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(60)
    )
    again = named("_codecs.encode") + b"q\x00" + text("x" * 1_000_000) + text("latin1")
    again += b"\x86q\x01"
    prime = (1 << 61) - 1
    return [
        Hostile("packed parts", _packed),
        Hostile("a pickle that unpacks to a GB", _packed_pickle, slow=True),
        Hostile("200,000 levels of lists", pickled(deep)),
        Hostile("a list that holds itself", pickled(b"]q\x00h\x00a")),
        Hostile("lists shared 2 to the power of 60 times", pickled(shared)),
        Hostile("a memory far away", pickled(b"Nr\xff\xff\xff\xff"), loads=True),
        Hostile("a text of 4 GB that is not there", pickled(b"X\xff\xff\xff\xffx")),
        Hostile("one text as bytes, again and again", pickled(
            again + b"00](" + b"h\x00h\x01R" * 100_000 + b"e"
        )),
        Hostile("five million steps", pickled(b"N0" * 2_500_000 + b"N"), slow=True),
        Hostile("half a million objects", pickled(
            named("collections.OrderedDict") + b"q\x000](" + b"h\x00)R" * 500_000 + b"e"
        ), slow=True),
        Hostile("keys that all collide", pickled(
            b"}(" + b"".join(number(i * prime) + b"N" for i in range(1, 50_000)) + b"u"
        )),
        Hostile("a list as a key", pickled(b"}]Ns")),
        Hostile("steps without a stack", pickled(b"0000")),
        Hostile("an end without a value", whole(lambda: PROTO + b".")),
        Hostile("a directory of 20 MB", _many_parts, slow=True),
        Hostile("parts over one another", _overlapping),
        Hostile("two parts of one name", _twice),
        Hostile("an encrypted part", _encrypted),
        Hostile("an old file that claims a trillion numbers", _old_claim),
        Hostile("an old file with other lengths", _old_lengths),
        Hostile("an old file with no end", lambda path, _: legacy(path, b"")),
        Hostile("a file of 20 GB of nothing", _hole),
    ]  # fmt: skip


def _others() -> list[Hostile]:
    """Kinds that are no checkpoint at all, or one of another program."""
    return [
        Hostile("nothing", raw(b"")),
        Hostile("a text", raw(b"not a checkpoint\n" * 100)),
        Hostile("a gzip", raw(lambda: gzip.compress(bytes(1 << 20)))),
        Hostile("a tar of pickles", in_tar),
        Hostile("an empty archive", raw(b"PK\x05\x06" + bytes(18))),
        Hostile("an archive of another program", _other_archive),
        Hostile("a TorchScript program", _torchscript),
        Hostile("a cut archive", raw(lambda: _bytes_of(False)[:-30])),
        Hostile("a cut old file", raw(lambda: _bytes_of(True)[:-30])),
        Hostile("a list", saved(lambda _: [1, 2])),
        Hostile("weights that are a list", saved(lambda _: {"state_dict": [1, 2]})),
        Hostile("weights named by numbers", saved(lambda _: {"state_dict": {1: 2}})),
        Hostile("a tensor", saved(lambda _: sound()["state_dict"]["a"])),
        Hostile("a folder", lambda path, _: path.mkdir()),
        Hostile("a pipe", lambda path, _: os.mkfifo(path)),
    ]


def _programs() -> list[Hostile]:
    """Kinds of plain values, which other parts would then run."""
    return [
        Hostile("a config that resuming would run", saved(_with_program), loads=True),
        Hostile("a ruler model built of os.system", saved(
            lambda m: _ruler(backbone={"type": "os.system", "command": f"touch '{m}'"})
        )),
        Hostile("a ruler model with such a part inside", saved(
            lambda m: _ruler(backbone={"type": "CompactResNet", "norm_cfg": {
                "type": "os.system", "command": f"touch '{m}'"}})
        )),
        Hostile("a ruler model that names a file of weights", saved(
            lambda m: _ruler(backbone={"type": "TorchvisionResNet", "weights": str(m)})
        )),
        Hostile("a ruler model of a billion channels", saved(
            lambda _: _ruler(backbone={"type": "CompactResNet", "widths": [10**9]})
        )),
        Hostile("a ruler model larger than its weights", saved(
            lambda _: _ruler(backbone={"type": "CompactResNet", "widths": [8192] * 4})
        )),
        Hostile("a ruler model of deep JSON", saved(
            lambda _: {"state_dict": {}, "ruler_model": "[" * 100_000}
        )),
    ]  # fmt: skip


def kinds() -> list[Hostile]:
    """All kinds."""
    return [*code_kinds(), *memory_kinds(), *_endless(), *_others(), *_programs()]


def _with_program(marker: Path) -> dict[str, Any]:
    content = sound()
    content["meta"]["config"] = f"open({str(marker)!r}, 'w').close()"
    return content


def _ruler(**parts: Any) -> dict[str, Any]:
    decoder = {"type": "SoftArgmaxHeatmap", "input_size": [64, 80], "heatmap_size": [32, 40]}
    head = {"type": "P1P2RegressionHead", "in_channels": [8192] * 4, "decoder": decoder}
    settings = {"backbone": {}, "head": head, "mean": [0.0], "std": [1.0], **parts}
    text = json.dumps({"kind": "mmceph ruler model 1", "note": "", "settings": settings})
    return {"state_dict": sound()["state_dict"], "ruler_model": text}


def _bytes_of(old: bool) -> bytes:
    import io

    import torch

    stream = io.BytesIO()
    torch.save(sound(), stream, _use_new_zipfile_serialization=not old)
    return stream.getvalue()


def _packed(path: Path, _: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("archive/data.pkl", entry(tensor(storage(1 << 26), 0, [1 << 26], [1])))
        target.writestr("archive/data/0", bytes(1 << 28))


def _packed_pickle(path: Path, _: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
        target.open("archive/data.pkl", "w", force_zip64=True) as part,
    ):
        for _ in range(64):
            part.write(b"N0" * (1 << 23))


def _many_parts(path: Path, _: Path) -> None:
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("archive/data.pkl", entry(b"N"))
        for index in range(250_000):
            target.writestr(f"archive/data/{index:040d}", b"")


def _overlapping(path: Path, _: Path) -> None:
    archive(path, entry(b"N"), **{str(i): bytes(1000) for i in range(200)})
    with zipfile.ZipFile(path, "a") as target:
        first = target.getinfo("archive/data/0").header_offset
        for info in target.infolist():
            if info.filename.startswith("archive/data/"):
                info.header_offset, info.file_size = first, 100_000
                info.compress_size = 100_000
        target.writestr("archive/end", b"")  # so that the directory is written anew


def _twice(path: Path, _: Path) -> None:
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as target:
        warnings.simplefilter("ignore")
        for steps in (b"N", call("os.getcwd")):
            target.writestr("archive/data.pkl", entry(steps))


def _encrypted(path: Path, _: Path) -> None:
    archive(path, entry(b"N"))
    data = bytearray(path.read_bytes())
    for start in (b"PK\3\4", b"PK\1\2"):
        data[data.index(start) + (6 if start == b"PK\3\4" else 8)] |= 1
    path.write_bytes(data)


def _old_claim(path: Path, _: Path) -> None:
    store = storage(1 << 40)[:-2] + b"NtQ"
    legacy(path, entry(tensor(store, 0, [4], [1])), PROTO + b"]" + text("0") + b"a.", tail=ONES)


def _old_lengths(path: Path, _: Path) -> None:
    store = storage(4)[:-2] + b"NtQ"
    keys = PROTO + b"]" + text("0") + b"a" + STOP
    legacy(path, entry(tensor(store, 0, [4], [1])), keys, tail=struct.pack("<q", -4) + ONES)


def _hole(path: Path, _: Path) -> None:
    with path.open("wb") as stream:
        stream.write(b"PK\3\4")
        stream.truncate(20 << 30)  # takes no room on the disk


def _other_archive(path: Path, _: Path) -> None:
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("word/document.xml", "<x/>")


def _torchscript(path: Path, _: Path) -> None:
    archive(path, entry(b"N"))
    with zipfile.ZipFile(path, "a") as target:
        target.writestr("archive/constants.pkl", PROTO + b")" + STOP)
        target.writestr("archive/code/__torch__.py", "class A: pass")
