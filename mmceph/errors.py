"""What a user can mend."""


class MmcephError(ValueError):
    """Something is wrong with a file, a config or a flag.

    The message is one line that names the file and the item and says what to do; the tools print
    it without a traceback.
    """


class AnnotationError(MmcephError):
    """An annotation file is not in the canonical form, or does not fit the landmark set."""
