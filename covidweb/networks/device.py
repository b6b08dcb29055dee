"""Which device the networks run on."""


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
