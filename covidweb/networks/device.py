"""Which device the networks run on."""

import contextlib
import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_GPUS = ("/dev/nvidia0", "/dev/dxg", "/dev/kfd")
"""What the drivers of NVIDIA, of Windows inside Linux, and of AMD put up."""


def may_have_gpu() -> bool:
    """Tell whether it is worth asking TensorFlow for a GPU; to ask takes seconds.

    One that `CUDA_VISIBLE_DEVICES` hides does not count.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    try:
        return bool(distribution("tensorflow-metal"))
    except PackageNotFoundError:
        return any(Path(path).exists() for path in _GPUS)


def prepare_device() -> str:
    """Let TensorFlow grow its memory on a GPU where it sees one, and name the device.

    Returns:
        `GPU (name)` or `CPU`.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            # Already in use by this process; its memory setting can no longer change.
            break
    if not gpus:
        return "CPU"
    name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "unknown")
    return f"GPU ({name})"


def one_core_a_film() -> None:
    """Keep OpenCV to the thread that calls it: films run side by side, each on a core."""
    import cv2

    cv2.setNumThreads(1)


def prepare_screening() -> str:
    """Prepare the device as `prepare_device` does, and keep every film on one core.

    Films run side by side then (`covidweb.networks.lanes`). A process that has used TensorFlow
    before keeps the threads it has.

    Returns:
        `GPU (name)` or `CPU`.
    """
    import tensorflow as tf

    device = prepare_device()
    if device == "CPU":
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)
    return device
