"""What people who cannot mend it are told of a part that is away; how it is away is for the log."""

from typing import Final

from kafka.errors import KafkaError

from schemas.errors import NaulError, StoreAwayError, UnavailableError
from schemas.translations import Text

__all__ = ["told_of"]

KAFKA: Final = (
    Text("Kafka, where everything is put on record, does not answer at the moment."),
    Text("Nothing is shown or done that is not on record. Try again soon; if it stays so, tell whoever runs Naul."),
)
STORE: Final = (
    Text("The store of what was judged does not answer at the moment."),
    Text("What happens now is judged all the same. Try again soon; if it stays so, tell whoever runs Naul."),
)


def told_of(error: NaulError) -> tuple[str, str]:
    """Return what is wrong, and the remedy, as somebody before a page understands it."""
    if isinstance(error, StoreAwayError):
        return STORE
    if isinstance(error, UnavailableError) and isinstance(error.__cause__, KafkaError | ConnectionRefusedError):
        return KAFKA
    return error.message, error.remedy
