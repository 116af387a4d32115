"""Where networks run: on the processor, or on what onnxruntime has a provider for."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from schemas.errors import SettingsError
from schemas.translations import Text

__all__ = ["ACCELERATORS", "CPU", "Device", "DeviceSetting", "device_named", "variant_of"]

DeviceSetting: TypeAlias = Literal["auto", "cpu", "cuda", "openvino", "openvino-gpu"]


class Device(NamedTuple):
    """name: as in the settings, and as observations carry it. provider: as onnxruntime calls it, with its options.

    package: the build of onnxruntime that has the provider.
    """

    name: str
    provider: str
    options: Mapping[str, str]
    package: str

    @property
    def remedy(self) -> Text:
        """What to do where it is missing."""
        return Text(
            "Install {package} and the driver as docs/engines.md says, or set NAUL_DEVICE to auto or cpu.",
            package=self.package,
        )


CPU: Final = Device("cpu", "CPUExecutionProvider", {}, "onnxruntime")

# TF32 and the like round floats to 10 bits: embeddings would be others. Strips differ in size: no search for each.
ACCELERATORS: Final = (
    Device(
        "cuda",
        "CUDAExecutionProvider",
        {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"},
        "onnxruntime-gpu",
    ),
    Device(
        "openvino-gpu",
        "OpenVINOExecutionProvider",
        {"device_type": "GPU", "precision": "FP32"},
        "onnxruntime-openvino",
    ),
    Device(
        "openvino",
        "OpenVINOExecutionProvider",
        {"device_type": "CPU", "precision": "FP32"},
        "onnxruntime-openvino",
    ),
)
"""In the order in which ``auto`` tries them."""


def variant_of(device: Device) -> str:
    """Return what observations made on a device say beside the engine."""
    return "" if device is CPU else device.name


def device_named(name: str) -> Device:
    """Return the device of a name.

    Raises:
        SettingsError: there is none.
    """
    for each in (CPU, *ACCELERATORS):
        if each.name == name:
            return each
    raise SettingsError(Text("there is no device {name!r}", name=name), Text("Set NAUL_DEVICE to auto or cpu."))
