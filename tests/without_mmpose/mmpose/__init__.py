"""Kept first on PYTHONPATH by tools/runtests.py, so that mmpose cannot be imported there."""

raise ModuleNotFoundError(
    "No module named 'mmpose' (kept out by tests/without_mmpose)", name="mmpose"
)
