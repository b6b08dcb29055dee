"""Which device the networks run on."""

import contextlib


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
