"""What is installed, whether MMPose can be imported, why not, and how to mend it.

Everything here needs the standard library alone; :mod:`mmceph.guard` is the front door.
"""
