import platform
import subprocess
import sys

import pytest

from covidweb.networks.memory import keep_freed

FAULTS = """
import resource, sys
import numpy as np
from covidweb.networks.memory import keep_freed
if sys.argv[1] == "kept":
    assert keep_freed()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    films = [np.ones((1024, 1024), np.float32) for _ in range(10)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    command = [sys.executable, "-c", FAULTS, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="Only glibc takes such settings.")
def test_freed_arrays_are_used_again():
    assert faults("kept") < faults("as it is") / 2


def test_it_says_whether_it_could():
    assert keep_freed() is (platform.libc_ver()[0] == "glibc")
    assert keep_freed() is keep_freed()
