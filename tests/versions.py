"""The test command on every Python and on the oldest and newest libraries that are promised, and what wheel and sdist hold.

    python tests/versions.py                       # everything: four Pythons x two sets of libraries, tutorials, wheel and sdist; takes an hour or two
    python tests/versions.py --python 3.10 --libraries oldest
    python tests/versions.py --only package        # or: tests, tutorials

Interpreters are found as `python3.10` … on the path, or in `~/.pyenv/versions`. Each run of the test command has a copy of the source and an environment of its own
in a temporary folder. The table is Markdown, in tests/benchmarks/tables/versions.md, which the docs show: a run replaces the rows that it made anew and keeps the others."""
import argparse
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from configparser import ConfigParser
from datetime import datetime, timezone
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHONS = ['3.10', '3.11', '3.12', '3.13']


def oldest() -> list[str]:
    "The oldest release series of every library that settings.ini asks for, and a numpy and a kaleido of their time."
    settings = ConfigParser(delimiters=['='])
    settings.read(PROJECT/'settings.ini', encoding='utf-8')
    pins = []
    for requirement in settings['DEFAULT']['requirements'].split():
        name, version = re.match(r'([\w-]+)>=([\d.]+)', requirement).groups()
        pins.append(f"{name}=={version if '.' in version else f'{version}.0'}.*")
    return [*pins, 'numpy<2.3', 'kaleido==0.2.1']  # plotly takes a later one since 6.1


LIBRARIES = {'oldest': oldest(), 'newest': []}  # held to; everything else is the newest
# Of what Kaggle has, all that the tutorials may use.
KAGGLE = ['pandas', 'plotly', 'statsmodels', 'numpy', 'scipy', 'matplotlib', 'ipykernel', 'nbconvert', 'scikit-learn', 'torch', 'torchvision', 'timm']
MUST = ['timm_bench/__init__.py', 'timm_bench/__init__.pyi', 'timm_bench/py.typed', 'timm_bench/bundled/registry.json', 'timm_bench/bundled/results/results-imagenet.csv',
        'timm_bench/web/assets/charts.html', 'LICENSE']
MUST_NOT = ['.ipynb', '__pycache__', '.venv', '.git/', 'tests/', '_docs', '_proc', '.DS_Store']


def interpreter(version: str) -> str | None:
    "The newest interpreter of a version that there is."
    if found := shutil.which(f'python{version}'):
        if subprocess.run([found, '--version'], capture_output=True).returncode == 0: return found
    there = sorted(Path.home().glob(f'.pyenv/versions/{version}.*/bin/python'))
    return str(there[-1]) if there else None


def run(*command: str | Path, log: Path, **options) -> tuple[bool, str]:
    "Run a command; whether it went well, and the last line that it said."
    done = subprocess.run([*map(str, command)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    with log.open('a', encoding='utf-8') as out: out.write(f'$ {" ".join(map(str, command))}\n{done.stdout}\n')
    lines = [line for line in done.stdout.splitlines() if line.strip() and 'WARNING' not in line]
    return done.returncode == 0, lines[-1].strip('= ') if lines else ''


def environment(folder: Path, python: str, packages: list, log: Path) -> Path | None:
    "A new environment; its Python, or nothing where it could not be made."
    made, _ = run(python, '-m', 'venv', folder, log=log)
    own = folder/'bin'/'python'
    return own if made and run(own, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', *packages, log=log)[0] else None


def versions_of(python: Path) -> str:
    code = 'import pandas, plotly, statsmodels; print(f"pandas {pandas.__version__}, plotly {plotly.__version__}, statsmodels {statsmodels.__version__}")'
    return subprocess.run([python, '-c', code], text=True, capture_output=True, check=False).stdout.strip()


def test_command(source: Path, work: Path, options) -> list[list[str]]:
    "The README's test command in each environment."
    rows = []
    for version, name in itertools.product(options.python, options.libraries):
        begin, label = time.monotonic(), f'Python {version}, {name}'
        if not (python := interpreter(version)): rows.append([label, 'no such Python here', '', '']); continue
        copy, constraints = work/f'{version}-{name}', work/f'{name}.txt'
        shutil.copytree(source, copy)
        constraints.write_text('\n'.join(LIBRARIES[name]))
        settings = os.environ | dict(TIMM_BENCH_SNAPSHOTS=str(options.snapshots), TIMM_BENCH_REQUIRE_SNAPSHOTS='1', PYTHON=python, PIP_CONSTRAINT=str(constraints))
        good, said = run('bash', 'tests/run', log=work/f'{copy.name}.log', cwd=copy, env=settings)
        rows.append([label, versions_of(copy/'.venv-test'/'bin'/'python'), said if good else f'failed: {said[:120]}', f'{(time.monotonic() - begin) / 60:.0f} min'])
        print(rows[-1], flush=True)
        keep(rows[-1:])
        shutil.rmtree(copy)
    return rows


def tutorials(wheel: Path, work: Path, options) -> list[list[str]]:
    "Each tutorial, in an environment with the wheel and what Kaggle has."
    log = work/'tutorials.log'
    own = environment(work/'kaggle', interpreter(options.python[1] if len(options.python) > 1 else options.python[0]) or sys.executable, [wheel, *KAGGLE], log)
    if own is None: return [['tutorials', 'their environment cannot be installed', '', '']]
    rows, settings = [], os.environ | dict(TIMM_BENCH_RESULTS=str(sorted(options.snapshots.glob('????-??-??'))[-1]), PATH=f'{own.parent}:{os.environ["PATH"]}')
    for notebook in sorted((PROJECT/'nbs'/'tutorials').glob('*.ipynb')):
        begin = time.monotonic()
        good, said = run(own, '-m', 'nbconvert', '--to', 'notebook', '--execute', '--output-dir', work/'executed', notebook, log=log, cwd=work, env=settings)
        rows.append([f'tutorials/{notebook.stem}', versions_of(own), 'executed' if good else f'failed: {said[:120]}', f'{time.monotonic() - begin:.0f} s'])
        print(rows[-1], flush=True)
    return rows


def package(built: Path, work: Path) -> list[list[str]]:
    "What wheel and sdist hold, and whether the sdist can be installed from."
    wheel, sdist = next(built.glob('*.whl')), next(built.glob('*.tar.gz'))
    with zipfile.ZipFile(wheel) as z, tarfile.open(sdist) as t: held = {'wheel': z.namelist(), 'sdist': [name.partition('/')[2] for name in t.getnames()]}
    rows = []
    for kind, names in held.items():
        missing = [must for must in MUST if not any(name.endswith(must) for name in names)]
        foreign = [name for name in names if any(bad in name for bad in MUST_NOT)]
        size = (wheel if kind == 'wheel' else sdist).stat().st_size
        faults = [f'lacks {", ".join(missing)}'] * bool(missing) + [f'holds {", ".join(foreign[:5])}'] * bool(foreign)
        rows.append([kind, f'{len(names)} files, {size / 1e6:.2f} MB', '; '.join(faults) or 'complete, nothing foreign', ''])
    own = environment(work/'from-sdist', sys.executable, [sdist], work/'sdist.log')
    code = 'from timm_bench.sources.results import bundled; from timm_bench import get_data; print(len(get_data("infer", results=bundled())), "rows of the bundled set")'
    rows.append(['installed from the sdist', '', run(own, '-W', 'ignore', '-c', code, log=work/'sdist.log', cwd=work)[1] if own else 'cannot be installed', ''])
    for row in rows: print(row, flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', nargs='+', default=PYTHONS, choices=PYTHONS)
    parser.add_argument('--libraries', nargs='+', default=[*LIBRARIES], choices=[*LIBRARIES])
    parser.add_argument('--only', nargs='+', default=['package', 'tutorials', 'tests'], choices=['package', 'tutorials', 'tests'])
    parser.add_argument('--snapshots', type=Path, default=Path(os.environ.get('TIMM_BENCH_SNAPSHOTS') or PROJECT.parent/'shared'/'timm-results'))
    options = parser.parse_args()
    options.snapshots = options.snapshots.resolve()
    work = Path(tempfile.mkdtemp(prefix='timm_bench_versions-'))
    print(f'logs in {work}', flush=True)
    clean = work/'source'  # what git knows, and nothing else
    with (work/'head.tar').open('wb') as out: subprocess.run(['git', '-C', PROJECT, 'archive', 'HEAD'], check=True, stdout=out)
    shutil.unpack_archive(work/'head.tar', clean)
    subprocess.run([sys.executable, '-m', 'build', '-q', '--outdir', work/'dist', clean], check=True)
    wheel, rows = next((work/'dist').glob('*.whl')), []
    if 'package' in options.only: rows += package(work/'dist', work)
    if 'tutorials' in options.only: rows += tutorials(wheel, work, options)
    if 'tests' in options.only: rows += test_command(clean, work, options)
    print('\n' + keep(rows))
    return any(word in row[2] for row in rows for word in ('failed', 'lacks', 'holds', 'cannot', 'error'))


def keep(rows: list[list[str]]) -> str:
    "Put rows into the table that the docs show, in place of those of the same name."
    table = PROJECT/'tests'/'benchmarks'/'tables'/'versions.md'
    head = ['| what | with | result | took | day |', '|---|---|---|---|---|']
    old = [line for line in table.read_text(encoding='utf-8').splitlines() if line.startswith('| ')] if table.exists() else []
    lines = {line.split(' | ')[0]: line for line in old if line != head[0]}
    lines |= {f'| {row[0]}': f'| {" | ".join(row)} | {datetime.now(timezone.utc):%Y-%m-%d} |' for row in rows}
    text = '\n'.join([f'{platform.system()} {platform.machine()}', '', *head, *(lines[name] for name in sorted(lines))]) + '\n'
    table.write_text(text, encoding='utf-8')
    return text


if __name__ == '__main__': sys.exit(main())
