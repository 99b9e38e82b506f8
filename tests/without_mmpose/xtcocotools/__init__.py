"""Kept first on PYTHONPATH by tools/runtests.py, so that xtcocotools cannot be imported there."""

raise ModuleNotFoundError(
    "No module named 'xtcocotools' (kept out by tests/without_mmpose)", name="xtcocotools"
)
