"""mmceph: cephalometric landmarks for MMPose, and without it.

Importing this package is cheap and pulls in neither torch nor MMPose. In a process that
already uses mmengine (a config with ``custom_imports=["mmceph"]``, say) it also connects
mmceph's registries, so that ``mmceph.X`` can be built from any OpenMMLab config.
"""

import sys

__version__ = "0.1.0"

if "mmengine.registry" in sys.modules:
    from . import registry as registry
