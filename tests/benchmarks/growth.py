"""How time and memory grow with the rows: python tests/benchmarks/growth.py [--times 1 10 100 1000]

The results of 2022 are multiplied: every model so many times, under names of its own, in the benchmark and in the accuracy table. Each size is run in
a process of its own, whose largest memory is that of the operating system's count. Exponents are fitted to the three largest sizes; 1 means that ten times
the rows take ten times as long. Printed as Markdown, and written to tests/benchmarks/tables/growth.md, which the docs show."""
import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kept_tables import write_table
from speed import OLD

FILES = ['benchmark-infer-amp-nhwc-pt111-cu113-rtx3090.csv', 'results-imagenet.csv']
ONE = '''
import json, resource, sys, time, warnings
warnings.simplefilter('ignore')
from timm_bench import best, frontier, get_data, show_all, show_subs
def took(work):
    begin = time.process_time(); value = work(); return time.process_time() - begin, value
def memory(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
show_all(get_data('infer', results=sys.argv[2]), 'first', 'infer_img_size')  # what every process loads once
base, out = memory(), {}
for name, work in dict(get_data=lambda: get_data('infer', results=sys.argv[1]), frontier=lambda: frontier(df), best=lambda: best(df=df, under='1ms'),
                       show_all=lambda: show_all(df, 'Inference', 'infer_img_size'), show_subs=lambda: show_subs(df, 'Inference', 'infer_img_size')).items():
    out[name], value = took(work)
    if name == 'get_data': df = value; out['memory'] = memory() - base
print(json.dumps(out | dict(rows=len(df))))
'''


def multiplied(folder: Path, times: int) -> None:
    "The files with every model so many times."
    for file in FILES:
        head, *rows = (OLD/file).read_text().splitlines()
        with (folder/file).open('w') as out:
            print(head, file=out)
            for copy in range(times):
                for row in rows:
                    name, _, rest = row.partition(',')
                    print(f'{name}{f"_copy{copy}" if copy else ""},{rest}', file=out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--times', type=int, nargs='+', default=[1, 10, 100, 1000])
    options = parser.parse_args()
    found = {}
    for times in options.times:
        with tempfile.TemporaryDirectory() as folder:
            multiplied(Path(folder), times)
            size = sum(file.stat().st_size for file in Path(folder).iterdir())
            done = subprocess.run([sys.executable, '-c', ONE, folder, str(OLD)], text=True, capture_output=True, check=False)
            if done.returncode: print(done.stderr[-2000:], file=sys.stderr); raise SystemExit(1)
            found[times] = json.loads(done.stdout) | dict(bytes=size)
            print(times, found[times], file=sys.stderr, flush=True)
    rows = []
    for what in [key for key in found[options.times[0]] if key not in ('rows', 'bytes')]:
        values = [found[times][what] for times in options.times]
        large = [(math.log(times), math.log(max(value, 1e-6))) for times, value in zip(options.times, values)][-3:]
        slope = (large[-1][1] - large[0][1]) / (large[-1][0] - large[0][0])
        form = (lambda value: f'{value:,.0f} MiB') if what == 'memory' else (lambda value: f'{value * 1000:,.1f} ms')
        rows.append([f'`{what}`' if what != 'memory' else 'memory of `get_data`', *map(form, values), f'{slope:.2f}'])
    rows.append(['size of the two files', *(f'{found[times]["bytes"] / 1e6:,.2f} MB' for times in options.times), ''])
    rows.append(['rows of the frame', *(f'{found[times]["rows"]:,}' for times in options.times), ''])
    write_table('growth', ['what', *(f'x {times:,}' for times in options.times), 'exponent'], rows)


if __name__ == '__main__': main()
