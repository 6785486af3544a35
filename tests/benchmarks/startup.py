"""How long `timm_bench best` takes as a whole process, beside `python -c "import pandas"`: python tests/benchmarks/startup.py [--rounds 15] [--results FOLDER]

The two take turns, and which comes first alternates, so that a machine that gets busier is no advantage to either. Each round gives one ratio; printed are the
medians, the ratios' median and quartiles, and for both the processor time, which other processes disturb less. The aim is 1.5 at most. The table is kept for the docs."""
import argparse
import os
import statistics
import sys
import sysconfig
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kept_tables import write_table

from timm_bench.sources.results import get_results

AIM = 1.5


def took(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    "Wall and processor time of a process, in seconds."
    null = os.open(os.devnull, os.O_RDWR)
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in range(3)])
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    os.close(null)
    if status: raise SystemExit(f'{" ".join(command)}: failed')
    return wall, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--results', default=None)
    options = parser.parse_args()
    environment = os.environ | dict(TIMM_BENCH_RESULTS=str(get_results(options.results).folder), PYTHONDONTWRITEBYTECODE='')
    program = Path(sysconfig.get_path('scripts'))/'timm_bench'
    commands = {'import pandas': [sys.executable, '-c', 'import pandas'], 'timm_bench best': [str(program), 'best', '--params', '30M', '--license', 'commercial']}
    for command in commands.values(): took(command, environment)  # what is compiled and cached once is no part of it
    times = {name: [] for name in commands}
    for number in range(options.rounds):
        for name in sorted(commands, reverse=number % 2 == 0): times[name].append(took(commands[name], environment))
    rows = []
    for place, kind in enumerate(['by the clock', 'of the processor']):
        pandas, best = ([both[place] for both in times[name]] for name in commands)
        low, middle, high = statistics.quantiles([b / p for p, b in zip(pandas, best)], n=4)
        rows.append([f'`timm_bench best` over `import pandas`, {kind}', f'{statistics.median(best):.3f} s', f'{statistics.median(pandas):.3f} s',
                     f'{middle:.2f} ({low:.2f} to {high:.2f})', f'{AIM}'])
    write_table('startup', ['what', 'timm_bench', 'instead', 'ratio (middle half)', 'aim at most'], rows)


if __name__ == '__main__': main()
