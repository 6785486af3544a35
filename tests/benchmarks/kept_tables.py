"""The tables that benchmarks write: printed, and kept in tests/benchmarks/tables, from where the docs show them."""
import os
import platform
import re
from datetime import datetime, timezone
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

TABLES = Path(__file__).resolve().parent/'tables'


def machine() -> str:
    "What the figures were taken on."
    told = Path('/proc/cpuinfo').read_text() if Path('/proc/cpuinfo').exists() else ''
    model = found[1] if (found := re.search(r'^model name\s*: (.*)', told, re.M)) else platform.processor()
    libraries = ', '.join(f'{name} {version(name)}' for name in ('pandas', 'plotly', 'torch') if find_spec(name))
    return f'{datetime.now(timezone.utc):%Y-%m-%d}; {model.strip()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {libraries}'


def same(what: str) -> str: return re.sub(r'[\d.]+', '', what)  # a row's own words, without what was counted


def kept(file: Path, rows: list[list[str]]) -> list[str]:
    "The lines of earlier measurements whose rows were not taken again; a measurement of which no row is left goes altogether."
    text, again = file.read_text(encoding='utf-8') if file.exists() else '', {same(what) for what, *_ in rows}
    blocks = [[line for line in block.splitlines() if same(line.split(' | ')[0].removeprefix('| ')) not in again] for block in re.split(r'(?m)^(?=\d{4}-\d\d-\d\d; )', text)]
    return [line for block in blocks if sum(line.startswith('| ') for line in block) > 2 for line in block]


def write_table(name: str, head: list[str], rows: list[list[str]], whole: bool = True) -> None:
    "The table, printed and kept for the docs; beneath those of earlier measurements where it is not the `whole`."
    lines = ['| ' + ' | '.join(cells) + ' |' for cells in [head, ['---'] * len(head), *rows]]
    earlier = [] if whole else kept(TABLES/f'{name}.md', rows)
    blank = [''] if earlier and earlier[-1] else []
    text = '\n'.join([*earlier, *blank, machine(), '', *lines]) + '\n'
    TABLES.mkdir(exist_ok=True)
    (TABLES/f'{name}.md').write_text(text, encoding='utf-8')
    print(text)
