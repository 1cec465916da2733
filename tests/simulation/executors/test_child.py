"""A worker process whose run is gone ends at once and says nothing."""

import subprocess
import sys

PROGRAM = """
import asyncio, os
from shapley_coop.simulation.executors.child import PipeLine

async def play():
    reading, writing = os.pipe()
    os.close(reading)
    asyncio.create_task(answer(PipeLine(writing)))
    await asyncio.sleep(30)

async def answer(line):
    line.send("done")

asyncio.run(play())
"""


def test_a_worker_whose_run_is_gone_leaves_without_a_word():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
