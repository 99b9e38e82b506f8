"""Leaving out of a text where a picture comes from."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath


def without_origin(text: str, file: str, name: str) -> str:
    r"""A message about a picture that calls it by another name.

    Paths are compared in one form: messages hold them with the slashes of the system, doubled where
    a library quotes them, and whole where a library has followed them.

    Args:
        text: The message.
        file: The picture as it is called, with forward slashes.
        name: What to call it instead.

    Example:
        >>> without_origin("C:\\Smith\\John.png: is empty", "C:/Smith/John.png", "image_0001")
        'image_0001: is empty'
    """
    plain = _one_form(text)
    whole = [_one_form(form) for form in (os.path.realpath(file), os.path.abspath(file), file)]
    parts = [PurePosixPath(form) for form in whole]
    forms = [*whole, *(part.name for part in parts)]
    for form in sorted(forms, key=len, reverse=True):
        plain = _replaced(plain, form, name)
    for part in parts:
        if len(part.parent.name) > 1:
            plain = _replaced(plain, f"{part.parent}/", "")
    return plain


def _one_form(text: str) -> str:
    return re.sub(r"[\\/]+", "/", text)


def _replaced(text: str, form: str, name: str) -> str:
    # Windows does not mind the case of a path, and messages may have it otherwise.
    return re.sub(re.escape(form), lambda _: name, text, flags=re.IGNORECASE) if form else text
