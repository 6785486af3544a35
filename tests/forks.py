"Processes to be killed in tests: forked, so that they spend no time on importing, and the processes that they start."
import multiprocessing
import os
from contextlib import suppress
from pathlib import Path

import pytest

KILLS = int(os.environ.get('TIMM_BENCH_KILLS') or 0)  # how many in each test that kills at random moments; 200 at night, and 0 for its own few


def forked(target, *arguments, **options) -> multiprocessing.Process:
    "A process that calls a function."
    if 'fork' not in multiprocessing.get_all_start_methods() or not Path('/proc').is_dir(): pytest.skip('needs fork and /proc')
    process = multiprocessing.get_context('fork').Process(target=target, args=arguments, kwargs=options, daemon=True)
    process.start()
    return process


def children(process: int) -> list[int]:
    "What a process started and has not waited for, by /proc."
    found = []
    for threads in Path(f'/proc/{process}/task').glob('*/children'):
        with suppress(OSError): found += map(int, threads.read_text().split())
    return found
