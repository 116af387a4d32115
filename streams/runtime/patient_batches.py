"""As ``schemas.header_names`` for kafka-python, for aiokafka: a record whose names are no UTF-8 is read."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import aiokafka.consumer.fetcher
import aiokafka.record.memory_records
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

from schemas.header_names import plain_names

__all__ = ["install"]


class _PlainBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """Reads record by record in Python."""

    def _read_msg(self, *more: Any) -> Any:
        try:
            return super()._read_msg(*more)
        except UnicodeDecodeError:
            plain_names(self._buffer, self._pos)
            return super()._read_msg(*more)


class _PatientBatch:
    """A batch as aiokafka reads it, in C; from where that gives up on, in Python."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._batch = DefaultRecordBatch(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        count = 0
        try:
            for each in self._batch:
                count += 1
                yield each
        except UnicodeDecodeError:
            yield from islice(_PlainBatch(self._data), count, None)


def install() -> None:
    """Have aiokafka read such records."""
    aiokafka.record.memory_records.DefaultRecordBatch = _PatientBatch
    aiokafka.consumer.fetcher.MemoryRecords = _MemoryRecordsPy
