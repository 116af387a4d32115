"""Names of headers that are no UTF-8: one record with such a name stops both clients of Kafka for ever, at this record.

Kafka takes any bytes for a name. kafka-python calls the record corrupt, aiokafka raises, and both come to it again. So
what cannot be read of a name is ``?``; the record is read, and whoever wants its headers refuses it.
"""

from typing import Any

import kafka.record.memory_records
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.util import decode_varint

__all__ = ["install", "plain_names"]


def plain_names(buffer: bytearray, pos: int) -> None:
    """Put ``?`` for each byte that is no ASCII in the names of the headers of a record. pos: where it begins."""
    _, pos = decode_varint(buffer, pos)  # its length
    for _ in range(3):  # attributes, time and offset
        _, pos = decode_varint(buffer, pos)
    for _ in range(2):  # key and value
        length, pos = decode_varint(buffer, pos)
        pos += max(0, length)
    count, pos = decode_varint(buffer, pos)
    for _ in range(count):
        length, pos = decode_varint(buffer, pos)
        buffer[pos : pos + length] = bytes(each if each < 128 else 63 for each in buffer[pos : pos + length])
        length, pos = decode_varint(buffer, pos + length)
        pos += max(0, length)


class _PatientBatch(DefaultRecordBatch):  # type: ignore[misc]
    def _read_msg(self, *more: Any) -> Any:
        try:
            return super()._read_msg(*more)
        except UnicodeDecodeError:
            plain_names(self._buffer, self._pos)
            return super()._read_msg(*more)


def install() -> None:
    """Have kafka-python read such records."""
    kafka.record.memory_records.DefaultRecordBatch = _PatientBatch
