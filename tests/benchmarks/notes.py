"""How long a search over 300 notebooks takes, and how memory grows with the size of outputs.

    python tests/benchmarks/notes.py

Cold: a process of its own. Warm: again in the same process. Each several times; the medians and the ranges are of the
time that passed, the medians also of the processor's, which other programs disturb less. Memory is the peak of what
Python holds and of the process, over notebooks whose single output is of 1 to 50 MB. The table is kept for the docs."""
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:2]]
from kept_tables import write_table
from notebook_corpus import large_output, make_corpus

QUERY = 'zebrafish classifier'
TIMED = dict(imports='imports', cold='cold: nothing was ever read', warm='warm: same process',
             near='warm, with near words', common='warm, all sections of a common word')
SEARCH = """
import json, resource, sys, time, warnings
start, began = time.perf_counter(), time.process_time()
warnings.simplefilter('ignore')
from timm_bench.notes.search import fastnbs
imports = time.perf_counter() - start, time.process_time() - began
def timed(*query, **options):
    begin, worked = time.perf_counter(), time.process_time()
    fastnbs(*query, sys.argv[1], **options)._repr_html_()
    return time.perf_counter() - begin, time.process_time() - worked
cold, warm = timed(sys.argv[2]), timed(sys.argv[2])
seconds = dict(cold=cold, warm=warm, near=timed('zebrafihs clasifier'), common=timed('model', limit=None))
print(json.dumps(dict(seconds, imports=imports)))
"""
MEMORY = """
import json, resource, sys, tracemalloc
from timm_bench.notes.cells import read_note
import markdown_it
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.argv[2] == 'traced': tracemalloc.start()
read_note(sys.argv[1])
traced = tracemalloc.get_traced_memory()[1] / 2**20
print(json.dumps([traced, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10]))
"""


def run(code: str, *arguments: object):
    "What a process of its own prints."
    command = [sys.executable, '-c', code, *map(str, arguments)]
    return json.loads(subprocess.run(command, text=True, capture_output=True, check=True).stdout)


def row(name: str, seconds: list[tuple[float, float]]) -> list[str]:
    "A row of the table."
    passed, worked = zip(*seconds)
    by_the_clock = f'{statistics.median(passed):.2f} s ({min(passed):.2f} to {max(passed):.2f})'
    return [name, by_the_clock, f'{statistics.median(worked):.2f} s']


def main(repeats: int = 3) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = make_corpus(Path(folder, 'notes'))
        size = sum(p.stat().st_size for p in Path(folder, 'notes').rglob('*') if p.is_file())
        time.sleep(2.5)  # a file younger than two seconds is not remembered
        searches = [run(SEARCH, corpus.folder, QUERY) for _ in range(repeats)]
        sizes = {megabytes: memory(Path(folder, 'large.ipynb'), megabytes) for megabytes in (1, 10, 50)}
    rows = [row(what, [search[name] for search in searches]) for name, what in TIMED.items()]
    rows += [[f'memory for an output of {megabytes} MB', f'{traced:.1f} MB of Python', f'{plain:.1f} MB of the process']
             for megabytes, (traced, plain) in sizes.items()]
    searched = f'search of {corpus.notebooks} notebooks ({size / 1e6:.0f} MB) and {len(corpus.broken)} broken ones'
    write_table('notes', [searched, 'by the clock', 'of the processor'], rows)


def memory(path: Path, megabytes: int) -> tuple[float, float]:
    "The peak of what Python holds, and the growth of the process, for a notebook with an output of that size; MB."
    large_output(path, megabytes)
    return run(MEMORY, path, 'traced')[0], run(MEMORY, path, 'plain')[1]


if __name__ == '__main__': main()
