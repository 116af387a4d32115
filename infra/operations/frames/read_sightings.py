"""What was seen, read back from the topic ``sightings`` as far as it is kept."""

from collections.abc import Iterator

from infra.machine.lag import Cluster
from schemas.errors import BadMessageError
from schemas.messages import Observation, Sighting, decode
from schemas.partitions import once_of
from schemas.settings import Settings

__all__ = ["observations"]


def observations(settings: Settings, hall: str | None = None) -> Iterator[Observation]:
    """Yield every observation, of one hall or of all; a frame that was looked at twice comes twice.

    Raises:
        UnavailableError: the broker does not answer.
    """
    with Cluster(settings) as reader:
        ends = reader.ends(["sightings"])
        if hall is not None:
            places = once_of(hall, len(ends))
            ends = {part: end for part, end in ends.items() if part.partition in places}
        for record in reader.read(reader.begins(ends), ends):
            try:
                seen: Sighting = decode(record.value, Sighting)
            except BadMessageError:
                continue  # the stages put it aside
            if isinstance(seen, Observation) and hall in (None, seen.hall):
                yield seen
