"""Makes timm_bench/bundled/published.json, git's hashes of all tables that timm ever published.

python tools/published.py CLONE_OR_CSV

CLONE is a clone of huggingface/pytorch-image-models with its history (`git clone --filter=blob:none --no-checkout`
will do); CSV is a file with the columns `file`, `blob` and `first_seen`. The list has every CSV file that any commit of
any branch had in results/, with the day (UTC) of the first commit that had it.
"""
import csv
import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from timm_bench.sources.published import DIGITS

TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'published.json'


def from_clone(folder: Path) -> list[tuple[str, str, str]]:
    "File, day and blob of everything that the commits of a clone brought to results/."
    options = ['--all', '--reverse', '--diff-merges=separate', '--no-renames', '--raw', '--no-abbrev']
    command = ['git', '-C', str(folder), 'log', *options, '--format=commit %ct', '--', 'results']
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found, day = [], ''
    for line in told.splitlines():
        if line.startswith('commit '):
            day = datetime.fromtimestamp(int(line.split()[1]), timezone.utc).date().isoformat()
        if not line.startswith(':'): continue
        about, path = line.split('\t')
        blob = about.split()[3]
        is_table = path.endswith('.csv') and path.count('/') == 1
        if is_table and set(blob) != {'0'}: found.append((path.removeprefix('results/'), day, blob))
    return found


def from_csv(file: Path) -> list[tuple[str, str, str]]:
    "The same from a table."
    with file.open(encoding='utf-8', newline='') as text:
        return [(row['file'], row['first_seen'], row['blob']) for row in csv.DictReader(text)]


def main(source: Path) -> None:
    "Write the list, the earliest day of each content."
    days: dict[str, dict[str, str]] = {}
    for file, day, blob in sorted(from_clone(source) if source.is_dir() else from_csv(source)):
        days.setdefault(file, {}).setdefault(blob[:DIGITS], day)
    TARGET.write_text(json.dumps(days, indent=0) + '\n', encoding='utf-8')
    print(f'{sum(map(len, days.values()))} tables of {len(days)} names, {TARGET.stat().st_size / 1000:.1f} kB')


if __name__ == '__main__':
    if len(sys.argv) != 2: sys.exit(__doc__)
    main(Path(sys.argv[1]))
