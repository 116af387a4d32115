"""What a value of a file may be, in words, by the type that reads it."""

from typing import Annotated, Any, Final, Literal, get_args, get_origin

from schemas.translations import Text, joined

__all__ = ["allowed"]

_KINDS: Final[dict[Any, Text]] = {
    bool: Text("true or false"),
    int: Text("a whole number"),
    float: Text("a number"),
    str: Text("a text in quotes"),
}


def allowed(hint: Any) -> str:
    """Return what a type with its bounds (a hint with extras) lets through."""
    if get_origin(hint) is Literal:
        return joined(get_args(hint), "{one} or {other}")
    if get_origin(hint) is not Annotated:
        return _KINDS.get(hint) or Text("another kind of value")
    plain, limits = get_args(hint)
    if limits.ge is None:
        return Text("{kind} above {least} to {most}", kind=_KINDS[plain], least=limits.gt, most=limits.le)
    return Text("{kind} from {least} to {most}", kind=_KINDS[plain], least=limits.ge, most=limits.le)
