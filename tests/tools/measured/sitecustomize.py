"""Python's own hook: what is imported from elsewhere is not traced while it loads, where lines are counted.

A worker loads a thousand modules, of which a few hundred are ours: to trace the others was a quarter of its start.
"""

import os
import sys
import threading
from importlib.machinery import SourceFileLoader
from types import ModuleType

OURS = {"schemas", "producers", "streams", "sinks", "enrollment", "infra"}

_load = SourceFileLoader.exec_module
_paused = threading.local()


def _load_untraced(loader: SourceFileLoader, module: ModuleType) -> None:
    before, paused = sys.gettrace(), getattr(_paused, "tracer", None)
    _paused.tracer = tracer = before or paused
    sys.settrace(tracer if module.__name__.partition(".")[0] in OURS else None)
    try:
        _load(loader, module)
    finally:
        sys.settrace(before)
        _paused.tracer = paused


if "COVERAGE_PROCESS_CONFIG" in os.environ:
    SourceFileLoader.exec_module = _load_untraced  # type: ignore[method-assign]
