"""Convert damaged raw data sets and count what comes of it; any traceback is a failure.

Each case must end in a conversion, a refusal with a message, or images left out with a reason. None
may take longer than --seconds, raise the memory beyond --gigabytes, change the raw files, write
outside --out, point at an image outside RAW and OUT, or write what the data set cannot read.

example:
  python tools/benchmarks/fuzz_converters.py --number 5000 --log /tmp/fuzz.log
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("MMCEPH_DISABLE_MMPOSE", "1")  # only the annotation reader is needed
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")

from _damage import Files, damage

FORMATS = ("labelme", "labelstudio", "isbi2015", "aariz", "cldetection2023", "coco")


class Hang(BaseException):
    """A case took too long; not an Exception, so that nothing swallows it."""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=200, help="cases per format (default 200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--seconds", type=int, default=30, help="limit per case (default 30)")
    parser.add_argument("--gigabytes", type=float, default=2.0, help="limit of memory (default 2)")
    parser.add_argument("--log", type=Path, help="file for the failures and counts")
    return parser.parse_args(argv)


def base_files(format_name: str) -> Files:
    """Return a small whole data set of a format."""
    from mmceph.phantom.raw import write_raw

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "raw"
        write_raw(root, "aariz" if format_name == "coco" else format_name, phantoms())
        if format_name == "coco":
            with contextlib.redirect_stdout(io.StringIO()):
                run("aariz", root, Path(folder) / "out", copy_images=True)
            root = Path(folder) / "out"
        paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


_PHANTOMS: list[Any] = []


def phantoms() -> list[Any]:
    from mmceph.phantom.raw import make_raw_phantoms

    if not _PHANTOMS:
        _PHANTOMS.extend(make_raw_phantoms(3, size=(80, 100)))
    return _PHANTOMS


def run(format_name: str, raw: Path, out: Path, **changes: Any) -> int:
    from mmceph.converters.command import convert

    return convert(format_name, argparse.Namespace(raw=raw, out=out, **changes))


def run_case(format_name: str, files: Files, rng: random.Random, folder: Path) -> str:
    """Convert one damaged data set; returns what came of it, in a word.

    Raises:
        Exception: Whatever a user would have seen as a traceback, or AssertionError for an outcome
            that must not be.
    """
    from mmceph.converters.problems import ConversionError

    raw, out = folder / "a" / "raw", folder / "a" / "out"
    written = write_files(raw, files)
    outside = folder / "outside.png"
    outside.write_bytes(b"not yours")
    target = raw / "export.json" if format_name == "labelstudio" and rng.random() < 0.5 else raw
    options: dict[str, Any] = {"skip_bad": rng.random() < 0.75, "copy_images": rng.random() < 0.3}
    options["dry_run"] = rng.random() < 0.1
    options["split"] = rng.choice([None, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)])
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            code = run(format_name, target, out, **options)
        outcome = "left out" if "left out (" in output.getvalue() else "converted"
        outcome = "problems found" if code else outcome
    except (ConversionError, OSError) as error:  # which the tool shows as one line each
        if not str(error).strip():
            raise AssertionError("an error without a message") from error
        outcome = "refused"
    for path, data in written.items():
        assert path.read_bytes() == data, f"{path} was changed"
    assert sorted(os.listdir(folder)) == ["a", "outside.png"], "something was written outside"
    assert set(os.listdir(folder / "a")) <= {"raw", "out"}, "something was written outside"
    assert not (options["dry_run"] and out.exists()), "a dry run wrote something"
    check_output(raw, out)
    return outcome


def write_files(raw: Path, files: Files) -> dict[Path, bytes]:
    written = {}
    raw.mkdir(parents=True)
    for name, data in files.items():
        path = raw / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except (OSError, ValueError):  # this system has no such name
            continue
        written[path] = data
    return written


def check_output(raw: Path, out: Path) -> None:
    """Make sure that what was written is whole and points nowhere else."""
    from mmceph.datasets.canonical import read_canonical

    roots = (raw.resolve(), out.resolve())
    for path in sorted(out.rglob("*")) if out.exists() else ():
        assert not path.name.endswith(".tmp"), f"{path} is a half-written file"
        if path.suffix != ".json":
            continue
        json.loads(path.read_text(encoding="utf-8"))
        if path.stem in ("train", "val", "test"):
            for image in read_canonical(str(path)).images:
                place = (out / image["file_name"]).resolve()
                assert any(place.is_relative_to(root) for root in roots), f"{place} is outside"
                assert place.is_file(), f"{place} is not there"


def peak_gigabytes() -> float:
    try:
        import resource
    except ImportError:  # Windows has no such figure
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def fuzz(format_name: str, args: argparse.Namespace, log: Any) -> SimpleNamespace:
    """Run all the cases of a format."""
    files = base_files(format_name)
    counts: Counter[str] = Counter()
    slowest, failures = 0.0, 0
    for number in range(args.number):
        rng = random.Random(f"{format_name} {args.seed} {number}")
        damaged = damage(files, rng)
        folder = Path(tempfile.mkdtemp(prefix="mmceph-fuzz-", dir=_fast_folder()))
        start = time.monotonic()
        if hasattr(signal, "alarm"):
            signal.alarm(args.seconds)
        try:
            counts[run_case(format_name, damaged, rng, folder)] += 1
            assert peak_gigabytes() < args.gigabytes, f"{peak_gigabytes():.2f} GB were taken"
        except (Exception, Hang):  # noqa: BLE001 - counting these is what this program is for
            failures += 1
            print(f"FAILURE {format_name} seed {args.seed} number {number}", file=log)
            print(traceback.format_exc(), file=log, flush=True)
        finally:
            if hasattr(signal, "alarm"):
                signal.alarm(0)
            shutil.rmtree(folder, ignore_errors=True)
        slowest = max(slowest, time.monotonic() - start)
    return SimpleNamespace(counts=counts, failures=failures, slowest=slowest)


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _on_alarm(*_: Any) -> None:
    raise Hang("the case took too long")


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, _on_alarm)
    from mmceph.converters import command
    from mmceph.converters.progress import no_progress
    from mmceph.datasets import canonical as _loaded_before_the_clock_runs  # noqa: F401

    command.track = no_progress  # thousands of bars take longer than the conversions
    failures = 0
    with contextlib.ExitStack() as stack:
        log: Any = sys.stderr
        if args.log:
            log = args.log.open("w", encoding="utf-8", errors="backslashreplace")
            stack.enter_context(log)
        for format_name in args.formats:
            done = fuzz(format_name, args, log)
            failures += done.failures
            outcomes = ", ".join(f"{name} {n}" for name, n in sorted(done.counts.items()))
            line = (
                f"{format_name}: {args.number} cases: {outcomes}; failures {done.failures}; "
                f"slowest {done.slowest:.2f} s; peak memory {peak_gigabytes():.2f} GB"
            )
            print(line, flush=True)
            if args.log:
                print(line, file=log, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
