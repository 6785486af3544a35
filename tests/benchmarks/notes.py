"""How long a search over 300 notebooks takes, and how memory grows with the size of outputs: python tests/benchmarks/notes.py

Cold: a process of its own with an empty cache, and again with the cache that another process left. Warm: again in the same process. Each
several times, alternating; the medians and the ranges are of the time that passed, the medians also of the processor's, which other programs disturb less. Memory is the peak
of what Python holds and of the process, over notebooks whose single output is of 1 to 50 MB. The table is kept for the docs."""
import json
import os
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
WARM = dict(warm='warm: same process', near='warm, with near words', common='warm, all sections of a common word')
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
seconds = dict(first=timed(sys.argv[2]), warm=timed(sys.argv[2]), near=timed('zebrafihs clasifier'), common=timed('model', limit=None))
print(json.dumps(dict(seconds, imports=imports)))
"""
MEMORY = """
import json, resource, sys, tracemalloc
from timm_bench.notes.cells import read_note
import markdown_it
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.argv[2] == 'traced': tracemalloc.start()
read_note(sys.argv[1])
print(json.dumps([tracemalloc.get_traced_memory()[1] / 2**20 if sys.argv[2] == 'traced' else None, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10]))
"""


def run(code: str, *arguments: object, **environment: str):
    "What a process of its own prints."
    done = subprocess.run([sys.executable, '-c', code, *map(str, arguments)], env=os.environ | environment, text=True, capture_output=True, check=True)
    return json.loads(done.stdout)


def row(name: str, seconds: list[tuple[float, float]]) -> list[str]:
    "A row of the table."
    passed, worked = zip(*seconds)
    return [name, f'{statistics.median(passed):.2f} s ({min(passed):.2f} to {max(passed):.2f})', f'{statistics.median(worked):.2f} s']


def main(repeats: int = 3) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = make_corpus(Path(folder, 'notes'))
        size = sum(p.stat().st_size for p in Path(folder, 'notes').rglob('*') if p.is_file())
        time.sleep(2.5)  # a file younger than two seconds is not remembered
        cold, kept = [], []
        for i in range(repeats):
            cache = dict(TIMM_BENCH_CACHE=str(Path(folder, f'cache-{i}')))
            cold.append(run(SEARCH, corpus.folder, QUERY, **cache))
            kept.append(run(SEARCH, corpus.folder, QUERY, **cache))
        sizes = {megabytes: memory(Path(folder, 'large.ipynb'), megabytes) for megabytes in (1, 10, 50)}
    rows = [row('imports', [r['imports'] for r in cold]), row('cold: nothing was ever read', [r['first'] for r in cold]), row('new process, read before', [r['first'] for r in kept])]
    rows += [row(what, [r[name] for r in cold + kept]) for name, what in WARM.items()]
    rows += [[f'memory for an output of {megabytes} MB', f'{traced:.1f} MB of Python', f'{plain:.1f} MB of the process'] for megabytes, (traced, plain) in sizes.items()]
    write_table('notes', [f'search of {corpus.notebooks} notebooks ({size / 1e6:.0f} MB) and {len(corpus.broken)} broken ones', 'by the clock', 'of the processor'], rows)


def memory(path: Path, megabytes: int) -> tuple[float, float]:
    "The peak of what Python holds, and the growth of the process, for a notebook with an output of that size; MB."
    large_output(path, megabytes)
    return run(MEMORY, path, 'traced')[0], run(MEMORY, path, 'plain')[1]


if __name__ == '__main__': main()
