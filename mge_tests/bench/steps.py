"""What Dagster costs a mapped step on the wave executor and our storage, and whether that grows with the number of steps.

    sh .ci/env python -m mge_tests.bench.steps [800 3000 12000]

Prints milliseconds of wall and CPU a step, and the ratio to the first size; 1.0 would be linear.
"""

import os
import sys
import tempfile
import time

from mge_assets.defs.launch import open_instance
from mge_resources.database import embedded_postgres
from mge_resources.settings import read_settings
from mge_tests.defs.toy import Tape, run, toy_job

WAVES = 8


async def nothing(_: str) -> None:
    """A step that does nothing, so that what is left is Dagster."""


def measure(sizes: list[int]) -> None:
    """Run a job of each size on one instance."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MGE_HOME"] = folder  # Dagster makes its storage itself, from the environment
        settings = read_settings()
        with open_instance(settings) as instance:
            base = 0.0
            for size in sizes:
                wall, cpu = time.perf_counter(), time.process_time()
                ended, _ = run(toy_job(Tape(), [size // WAVES] * WAVES, nothing), instance)
                assert ended.is_success
                wall, cpu = (1000 * (now - then) / size for now, then in ((time.perf_counter(), wall), (time.process_time(), cpu)))
                base = base or cpu
                print(f"{size:>6} steps: {wall:.2f} ms wall and {cpu:.2f} ms CPU a step, {cpu / base:.2f} of the first size", flush=True)
        embedded_postgres(settings).stop()


if __name__ == "__main__":
    measure([int(size) for size in sys.argv[1:]] or [800, 3_000, 12_000])
