"""Frames that retention deleted before anybody looked at them: each camera's next observation says so."""

from collections.abc import Hashable

__all__ = ["Deletions"]


class Deletions:
    """Remembers in which partitions frames were deleted unseen, and of which cameras that was told."""

    def __init__(self) -> None:
        self._told: dict[Hashable, set[bytes | None]] = {}

    def note(self, partition: Hashable) -> None:
        """Note that frames of a partition were deleted. Whose they were nobody knows any more."""
        self._told[partition] = set()

    def is_first_after(self, partition: Hashable, camera: bytes | None) -> bool:
        """Whether this is the first frame of a camera since frames of its partition were deleted."""
        told = self._told.get(partition)
        if told is None or camera in told:
            return False
        told.add(camera)
        return True
