"""mmceph's registries: one child, of scope ``mmceph``, for every registry of MMPose.

With ``default_scope="mmceph"`` every nested build (a transform inside a pipeline, a loss inside
a head, a codec inside a transform) starts in these registries and falls back to MMPose's, then to
mmengine's. A registry missing here would be skipped on that way, so all of them exist, also the
empty ones. From a config of MMPose (``default_scope="mmpose"``) the same things are ``mmceph.X``.

Importing this module imports neither ``mmpose.models`` nor torch code of ours: a look-up does.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import mmengine.registry as mmengine_registry
from mmengine.registry import Registry

from mmceph.guard import mmpose_usable

USING_MMPOSE: bool = mmpose_usable()
"""The verdict of the guard, fixed for the life of this process."""

BROKEN_IMPORT = (ImportError, AssertionError, ValueError, RuntimeError)
"""What importing MMPose, or a part of it, really raises in broken set-ups."""


def stale_verdict(error: BaseException) -> ImportError:
    """The error to raise when the guard said yes and importing MMPose then failed."""
    return ImportError(
        f"MMPose was found usable earlier, but importing it now fails ({type(error).__name__}: "
        f"{error}). The environment has changed: run `python -m mmceph.guard --refresh`."
    )


def _mmpose_registry() -> ModuleType | None:
    if not USING_MMPOSE:
        return None
    try:
        import mmpose.registry
    except BROKEN_IMPORT as error:
        raise stale_verdict(error) from error
    return mmpose.registry


_MMPOSE = _mmpose_registry()
_RENAMED = {"EVALUATORS": "EVALUATOR"}  # MMPose's name -> mmengine's name


class ChildRegistry(Registry):
    """A registry that lets its parent fill itself before a name is looked up.

    mmengine searches a parent's table as it stands and never triggers the parent's own lazy
    imports, so the first look-up of, say, MMPose's ``PoseLocalVisualizer`` through a child would
    fail, and ``ConstantLR`` would be MMPose's or mmengine's depending on what ran before.
    """

    _parent_failure: BaseException | None = None

    def import_from_location(self) -> None:
        """Import what the parent's and this registry's locations register."""
        if not self._imported and self.parent is not None and self.parent._locations:
            try:
                self.parent.import_from_location()
            except (
                BROKEN_IMPORT
            ) as error:  # matters only if a name turns out to be missing, see get()
                self._parent_failure = error
        super().import_from_location()

    def get(self, key: str) -> Any:
        """The class or function of this name, here or further up; None if there is none.

        Raises:
            ImportError: If there is none and the parent's part could not be imported.
        """
        found = super().get(key)
        if found is None and self._parent_failure is not None:
            raise ImportError(
                f"{key} is not in the {self.name} registry, whose part from MMPose could not be "
                f"imported: {self._parent_failure}"
            ) from self._parent_failure
        return found


def _child(attribute: str, *locations: str) -> Registry:
    """Make mmceph's child of ``mmpose.registry.<attribute>`` (else of mmengine's)."""
    root = getattr(mmengine_registry, _RENAMED.get(attribute, attribute), None)
    parent = getattr(_MMPOSE, attribute, root) if _MMPOSE is not None else root
    name = attribute.lower() if parent is None else parent.name
    child = ChildRegistry(name, parent=parent, scope="mmceph", locations=list(locations))
    if root is not None and root is not parent:
        # A grandchild of the root is out of reach of `mmceph.X` from scopes beside MMPose's.
        root.children.setdefault("mmceph", child)
    return child


RUNNERS = _child("RUNNERS")
RUNNER_CONSTRUCTORS = _child("RUNNER_CONSTRUCTORS")
LOOPS = _child("LOOPS")
HOOKS = _child("HOOKS", "mmceph.engine.hooks")
STRATEGIES = _child("STRATEGIES")

DATASETS = _child("DATASETS", "mmceph.pose", "mmceph.datasets")
DATA_SAMPLERS = _child("DATA_SAMPLERS", "mmceph.datasets")
TRANSFORMS = _child("TRANSFORMS", "mmceph.pose", "mmceph.datasets.transforms")
FUNCTIONS = _child("FUNCTIONS")

MODELS = _child("MODELS", "mmceph.pose", "mmceph.models")
MODEL_WRAPPERS = _child("MODEL_WRAPPERS")
WEIGHT_INITIALIZERS = _child("WEIGHT_INITIALIZERS")
BATCH_AUGMENTS = _child("BATCH_AUGMENTS")
TASK_UTILS = _child("TASK_UTILS")
KEYPOINT_CODECS = _child("KEYPOINT_CODECS", "mmceph.pose", "mmceph.codecs")

OPTIMIZERS = _child("OPTIMIZERS")
OPTIM_WRAPPERS = _child("OPTIM_WRAPPERS")
OPTIM_WRAPPER_CONSTRUCTORS = _child("OPTIM_WRAPPER_CONSTRUCTORS")
PARAM_SCHEDULERS = _child("PARAM_SCHEDULERS")

METRICS = _child("METRICS", "mmceph.evaluation")
EVALUATORS = _child("EVALUATORS")
VISUALIZERS = _child("VISUALIZERS")
VISBACKENDS = _child("VISBACKENDS")
LOG_PROCESSORS = _child("LOG_PROCESSORS")
INFERENCERS = _child("INFERENCERS")
