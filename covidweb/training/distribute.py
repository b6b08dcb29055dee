"""Data parallelism: a copy of the network on each device, each with its part of every batch.

Keras' own `keras.distribution` needs the JAX backend; with TensorFlow, Keras' `fit` shares batches
among the copies of a model that was made under a `tf.distribute` strategy.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from covidweb.networks.device import prepare_device


@contextmanager
def data_parallel(asked: bool = True) -> Iterator[int]:
    """Let networks that are made and fitted in the block use all of this machine's devices.

    Batches keep their size: each device takes an equal part, and the gradients are averaged.

    Args:
        asked: False changes nothing.

    Yields:
        How many copies of a network there are: GPUs, else TensorFlow's logical CPUs.
    """
    prepare_device()
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if not asked or len(devices) == 1:
        yield 1
        return
    # Reductions over plain copies work for every kind of device; NCCL only for GPUs.
    on_gpus = devices[0].device_type == "GPU"
    across = tf.distribute.NcclAllReduce() if on_gpus else tf.distribute.ReductionToOneDevice()
    names = [device.name for device in devices]
    strategy = tf.distribute.MirroredStrategy(names, cross_device_ops=across)
    with strategy.scope():
        yield strategy.num_replicas_in_sync
