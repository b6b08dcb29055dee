"""Decode one DICOM file with GDCM: bytes on standard input, a NumPy array on standard output.

Run as a script by `covidweb.radiograph.decompress`, never imported by it. GDCM ends the whole
process on some broken files ("terminate called after throwing an instance of gdcm::Exception"):
here it ends only this one.
"""

import contextlib
import io
import sys

import numpy as np
from pydicom import dcmread
from pydicom.pixels import pixel_array

_MEMORY = 4 * 2**30


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _main() -> None:
    _limit_memory()
    dataset = dcmread(io.BytesIO(sys.stdin.buffer.read()), force=True)
    np.save(sys.stdout.buffer, pixel_array(dataset, decoding_plugin="gdcm"), allow_pickle=False)


if __name__ == "__main__":
    _main()
