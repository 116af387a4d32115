"""CenterFace's file made into what runs here. Rewriting graphs needs ``onnx``, which is loaded when one is made."""

from streams.faces.strips import packed

__all__ = ["folded", "in_parts"]


def folded(model: bytes) -> bytes:
    """Return the graph of the detector, made of the file of the network.

    Raises:
        RefusedError: it is another network.
    """
    from streams.faces.centerface_net import simplified  # brings onnx: only the first time on a machine

    return simplified(model)


def in_parts(graph: bytes) -> bytes:
    """Return what ``CenterFace`` runs. graph: as ``folded`` returns it, or the same in 8 bits."""
    from streams.faces.centerface_net import cut

    return packed(*cut(graph))
