"""The error of everything a test run can be told about in one line."""

from mmceph.errors import MmcephError


class EvaluationError(MmcephError):
    """A test run or its report cannot go on; the message says why and what to do."""
