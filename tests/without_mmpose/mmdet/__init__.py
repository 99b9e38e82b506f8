"""Kept first on PYTHONPATH by tools/runtests.py, so that mmdet cannot be imported there."""

raise ModuleNotFoundError(
    "No module named 'mmdet' (kept out by tests/without_mmpose)", name="mmdet"
)
