import subprocess
import sys

import pytest

OWN_LIMIT = """
import resource
from kerasfeat.pipeline.memory import free_bytes
before = free_bytes()
resource.setrlimit(resource.{kind}, (700 << 20, 700 << 20))
print(min(before, 700 << 20), free_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("kind", ["RLIMIT_DATA", "RLIMIT_AS"])
def test_what_a_process_may_take_is_bounded_by_its_own_limits(kind: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", OWN_LIMIT.format(kind=kind)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    most, left = map(int, asked.stdout.split())
    assert 0 < left < most
