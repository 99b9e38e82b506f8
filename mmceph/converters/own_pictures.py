"""The pictures that a conversion writes to its data root: copies, and what it unpacked."""

from __future__ import annotations

from collections.abc import Callable

from mmceph.io import OwnFolder, Standing

from .problems import ConversionError


class OwnPictures:
    """Writes pictures under a data root, over nothing that mmceph did not write.

    Args:
        own: The data root.
        force: Replace another picture that an earlier conversion wrote.
        before_replacing: Called before a picture is replaced: annotations may speak of the old one.
    """

    def __init__(
        self,
        own: OwnFolder,
        force: bool = False,
        before_replacing: Callable[[], object] = lambda: None,
    ) -> None:
        self._own = own
        self._force = force
        self._before_replacing = before_replacing

    def put_bytes(self, name: str, data: bytes) -> None:
        """Write a picture's file as it is; see :meth:`put`."""
        self.put(name, lambda there: there == data, lambda: data)

    def put(self, name: str, same: Callable[[bytes], bool], data: Callable[[], bytes]) -> None:
        """Write a picture, unless it is there already.

        Args:
            name: Where it shall lie, from the data root, with forward slashes.
            same: Whether a file's bytes are this picture.
            data: Gives the bytes to write.

        Raises:
            ConversionError: Another picture of an earlier conversion is there, and ``force`` is
                off.
            OwnershipError: Another file is there, which mmceph did not write.
        """
        path = self._own.folder / name
        if path.is_file() and same(path.read_bytes()):
            return
        self._own.require_free([name])
        if self._own.standing(name) is not Standing.ABSENT:
            if not self._force:
                raise ConversionError(
                    f"{path}: another picture is there already; give --force to replace it"
                )
            self._before_replacing()
        self._own.write(name, data())
