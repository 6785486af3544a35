"""What becomes of faults, and of arguments drawn by chance: python tests/benchmarks/trouble.py {faults,fuzz} [FILE.xml ...]

Runs the tests that make them, in the profiles that take long (200 kills, a file of 1 GB; 620 draws for each public function): a quarter of an hour each on two quiet
cores. Only what tests that passed have recorded is counted. Where the tests were run before, in pieces, with -o junit_family=xunit1 --junitxml=FILE.xml, those
files are read instead. Printed as Markdown, and written to tests/benchmarks/tables/faults.md or fuzz.md, which the docs show."""
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from kept_tables import write_table

PROJECT = Path(__file__).resolve().parents[2]
RUNS = {
    'faults': ['tests/sources/test_clone.py', 'tests/sources/test_faults.py', 'tests/hardware/test_measure.py', 'tests/hardware/test_measure_faults.py'],
    'fuzz': ['tests/test_fuzz.py', '--hypothesis-profile=nightly']}
LONG = dict(TIMM_BENCH_KILLS='200', TIMM_BENCH_HUGE='1024')
OUTCOMES = ['as if nothing had been', 'complete after the next call', 'the old clone, and why', 'the next source, and why', 'refused in one line']


def run(what: str) -> Path:
    "Run the tests; the file with what they recorded."
    file = PROJECT/'.cache'/f'{what}.xml'
    file.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, '-m', 'pytest', '-q', *RUNS[what], '-o', 'junit_family=xunit1', f'--junitxml={file}'], cwd=PROJECT, env=os.environ | LONG)
    return file


def recorded(files: list[Path], what: str) -> list[str]:
    "What the tests recorded under a name, if they passed; says which did not."
    found = []
    for test in (test for file in files for test in ET.parse(file).iter('testcase')):  # noqa: S314 (pytest wrote it)
        if test.find('failure') is not None or test.find('error') is not None: print(f'failed, and not counted: {test.get("name")}', file=sys.stderr)
        else: found += [each.get('value') for each in test.iter('property') if each.get('name') == what]
    return found


def fuzz_rows(values: list[str]) -> list[list[str]]:
    "A row for each function: draws, answers, refusals; and one for all."
    counts = Counter()
    for name, answered, refused in map(str.split, values): counts.update({(name, 'answered'): int(answered), (name, 'refused'): int(refused)})
    rows = [(name, counts[name, 'answered'], counts[name, 'refused']) for name in dict.fromkeys(name for name, _ in counts)]
    rows.append((f'all {len(rows)}', *(sum(row[i] for row in rows) for i in (1, 2))))
    return [[name if name.startswith('all') else f'`{name}`', f'{answered + refused:,}', f'{answered:,}', f'{refused:,}'] for name, answered, refused in rows]


def fault_rows(values: list[str]) -> list[list[str]]:
    "A row for each kind of fault: how often it ended how, and what was seen."
    counts, seen = {}, {}
    for kind, outcome, times, figures in (value.split(' | ') for value in values):
        counts.setdefault(kind, Counter())[outcome] += int(times)
        if figures: seen[kind] = figures
    return [[kind, *(f'{found[outcome]:,}' if found[outcome] else '' for outcome in OUTCOMES), seen.get(kind, '')] for kind, found in counts.items()]


if __name__ == '__main__':
    what, *files = sys.argv[1:] or ['']
    if what not in RUNS: sys.exit(__doc__)
    files = [Path(file) for file in files] or [run(what)]
    if what == 'fuzz': write_table('fuzz', ['function', 'draws', 'answered', 'refused in one line'], fuzz_rows(recorded(files, 'fuzz')))
    else: write_table('faults', ['fault', *OUTCOMES, 'seen'], fault_rows(recorded(files, 'fault')))
