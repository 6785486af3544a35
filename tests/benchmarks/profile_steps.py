"""Where the time goes: python tests/benchmarks/profile_steps.py [--rounds 10]

The jobs of `speed.py` that were slowest beside their aims, under Python's own profiler, by the processor's time: which share of a job each of its steps
takes. The profiler makes small functions look dearer than they are, so a share tells what to mend first and is no measurement. Printed as Markdown, and
written to tests/benchmarks/tables/profile_steps.md, which the docs show."""
import argparse
import cProfile
import pstats
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from speed import NEW, OLD, forget, write_table

from timm_bench import get_data, show_all, show_subs

FILES = sorted(path.name for path in NEW.glob('benchmark-*.csv'))
READING = {'files read by pandas': ['read_csv'], 'files checked': ['read_table', '-read_csv'], 'accuracy table arranged': ['arrange', '_sorted_names'],
           'pairs found': ['_join'], 'pairs chosen': ['_select'], 'frame built': ['_frame']}
DRAWING = {'plotly express, one trace': ['scatter'], 'parted by family': ['_by_family', '-scatter', '-_fit'], 'trends fitted': ['_fit'],
           'title, ticks and template': ['_finish'], 'legend': ['_legend']}


def cold() -> None:
    forget()
    get_data('infer', results=OLD)


def joined() -> None:
    forget()
    for file in FILES: get_data(file.split('-')[1], benchmark=file, results=NEW)


def profiled(job, rounds: int) -> pstats.Stats:
    "What the profiler saw of a job."
    job()
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for _ in range(rounds): job()
    profile.disable()
    return pstats.Stats(profile)


def seconds(stats: pstats.Stats, name: str) -> float:
    "What a function took with all that it called; with a minus, to be taken away."
    if name.startswith('-'): return -seconds(stats, name[1:])
    return max((entry[3] for (_, _, function), entry in stats.stats.items() if function == name), default=0)


def shares(job, steps: dict[str, list[str]], rounds: int) -> dict[str, float]:
    "The share of each step, and what is left."
    stats = profiled(job, rounds)
    whole = seconds(stats, job.__name__)
    found = {step: sum(seconds(stats, name) for name in names) / whole for step, names in steps.items()}
    return found | {'everything else': 1 - sum(found.values())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=10)
    rounds = parser.parse_args().rounds
    df = get_data('infer', results=OLD)
    def all_families(): show_all(df, 'Inference', 'infer_img_size')
    def with_trends(): show_subs(df, 'Inference', 'infer_img_size')
    rows = []
    for what, job, steps in [('`get_data` on the files of 2022, caches emptied', cold, READING), (f'all {len(FILES)} benchmark files of 2026', joined, READING),
                             ('`show_all`', all_families, DRAWING), ('`show_subs`', with_trends, DRAWING)]:
        rows += [[what if not row else '', step, f'{share:.0%}'] for row, (step, share) in enumerate(shares(job, steps, rounds).items())]
    write_table('profile_steps', ['what', 'step', 'share of the time'], rows)


if __name__ == '__main__': main()
