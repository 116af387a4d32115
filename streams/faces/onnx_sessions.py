"""How networks run here: several at once, each on its own few threads, in memory that they share."""

import ctypes
import re
from functools import cache
from pathlib import Path

import onnxruntime

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.devices import CPU, Device

__all__ = ["processor", "session"]

_ARENA_BYTES = 256 << 20
"""Address space taken at once; memory is what of it is used. From 1 MiB on doubled, as it is by default, two frames of
1920 x 1080 needed 80 MB more: what lies between the pieces is lost."""

_DEAD_BYTES = 1 << 20
"""More than this is not given away with a piece that is too large."""

_M_ARENA_MAX = -8  # of glibc's malloc.h


def session(model: bytes, threads: int, device: Device = CPU) -> onnxruntime.InferenceSession:
    """Return a session of an ONNX model; threads may share it.

    threads: cores that one run may use.

    Raises:
        RefusedError: this machine, or its onnxruntime, has no such device.
    """
    if device.provider not in onnxruntime.get_available_providers():
        raise RefusedError(
            Text("the onnxruntime that is installed cannot use {device}", device=device.name), device.remedy
        )
    _share_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # Frames are looked at in parallel: a thread that spins while it waits takes the core of another frame.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    if "vnni" not in processor():
        # Sums of bytes would saturate, and answers differ from machine to machine. Where they cannot, it costs half.
        options.add_session_config_entry("session.x64quantprecision", "1")
    # Frames differ in size and overlap in time: planning memory ahead for each size took 1.3 GB for two frames of
    # 1920 x 1080 at once where 0.95 do, and was no faster.
    options.enable_mem_pattern = False
    options.log_severity_level = 3  # CenterFace's file has counters that nothing uses; each is a warning
    wanted = [(device.provider, dict(device.options))] + [CPU.provider] * (device is not CPU)
    made = onnxruntime.InferenceSession(model, options, providers=wanted, enable_fallback=False)
    if device.provider not in made.get_providers():  # without its driver CUDA's provider goes, with a line in a log
        raise RefusedError(Text("{device} is not to be had on this machine", device=device.name), device.remedy)
    if hasattr(_libc(), "malloc_trim"):
        _libc().malloc_trim(0)  # what loading needed, 30 to 60 MB
    return made


@cache
def processor() -> str:
    """Return what the processor calls itself and can do."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "unknown"
    return "\n".join(sorted({*re.findall(r"^(?:model name|flags|Features)\s*:.*$", text, re.MULTILINE)}))


@cache
def _share_memory() -> None:
    """Let all sessions take their memory from one arena: what a detector has done with, an embedder uses."""
    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(0, -1, _ARENA_BYTES, _DEAD_BYTES))
    # glibc would give each thread a heap of its own, which keeps the largest pictures that it ever held: 50 MB for two.
    if hasattr(_libc(), "mallopt"):
        _libc().mallopt(_M_ARENA_MAX, 1)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
