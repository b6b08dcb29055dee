"""What films free is kept for the films after them.

By default glibc hands large arrays back to the system at once and asks for them again with the next
film, and the system fills every page with zeros first: a sixth of the processor's time.
"""

import ctypes
import sys

_MIB = 2**20
_SETTINGS = (
    # Parameters' numbers as in <malloc.h>; meanings as in mallopt(3).
    (-3, 32 * _MIB),  # M_MMAP_THRESHOLD: smaller arrays come from what is kept. 32 is the most.
    (-1, 128 * _MIB),  # M_TRIM_THRESHOLD: free memory beyond this is handed back.
    (-2, 64 * _MIB),  # M_TOP_PAD: what is asked for, and left, beyond what is needed.
)


def keep_freed() -> bool:
    """Let this process keep freed memory; tell whether it could. Other systems need no such word.

    It holds for the whole process and can be said again.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False  # Another C library, such as musl.
    return all(mallopt(parameter, value) == 1 for parameter, value in _SETTINGS)
