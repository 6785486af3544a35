"""The notebooks that people take with them, alone in an empty folder, on what Colab and Kaggle have.

    python tests/kaggle_and_colab.py                             # every environment, with and without a network; takes an hour
    python tests/kaggle_and_colab.py --only colab --notebooks choosing
    python tests/kaggle_and_colab.py --environments FOLDER       # keeps the environments there, and takes those that are there

An environment has the pinned versions, and torch and timm as both images have them. With a network, pip reaches its index and git a server on this machine that has
timm's results; without, there is loopback alone (by `unshare -n`, which needs root), or pip and git are pointed where nobody answers. Each notebook is executed from its
first cell to its last by nbconvert, and then opened in notebook 6 and in JupyterLab in Chromium, where its charts are counted. The table is Markdown, in
tests/benchmarks/tables/portable.md: a run replaces the rows that it made anew and keeps the others."""
import argparse
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import nbformat
from browser import browser
from conftest import DAYS, Repository
from gitserver import git_server
from versions import interpreter, run

PROJECT = Path(__file__).resolve().parent.parent
sys.path.append(str(PROJECT/'docs'))
BOTH = ['pandas==2.2.3', 'plotly==5.24.1', 'statsmodels==0.14.6', 'typer==0.27.1', 'rich==13.9.4', 'notebook==6.5.7', 'ipykernel==6.17.1', 'ipython==7.34.0',
        'jupyter_client==7.4.9', 'jupyterlab<5', 'scikit-learn', 'matplotlib', 'numpy<2.4', 'pillow', 'torch', 'torchvision', 'timm']
IMAGES = {'colab': ('3.13', BOTH), 'kaggle': ('3.12', [*BOTH, 'fastcore<2', 'nbconvert==6.4.5', 'jupyter_server==2.12.5'])}
NOWHERE = 'http://127.0.0.1:9'
TABLE = PROJECT/'tests'/'benchmarks'/'tables'/'portable.md'
HEAD = ['image', 'network', 'notebook', 'result', 'seconds', 'MB', 'results used', 'charts', 'in notebook 6', 'in JupyterLab', 'day']
NOTES = "from timm_bench import fastlistnbs, fastnbs, ipy2md; print(fastlistnbs('.')); print(fastnbs('budget', '.')); print(ipy2md('choosing.ipynb'))"


def environment(folder: Path, python: str, packages: list[str], log: Path) -> Path:
    "The Python of an environment, made where it is not there."
    own = folder/'bin'/'python'
    if own.exists(): return own
    for command in [python, '-m', 'venv', folder], [own, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', *packages]:
        good, said = run(*command, log=log)
        if not good: sys.exit(f'{folder.name}: {said}')
    return own


def cut_off() -> list[str]:
    "What a command is put behind to have no network but loopback; nothing where this machine does not allow it."
    alone = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
    try: allowed = subprocess.run([*alone, 'true'], capture_output=True).returncode == 0
    except OSError: return []
    return alone if allowed else []


def execute(own: Path, notebook: Path, folder: Path, url: str | None, log: Path) -> dict:
    "Execute a notebook alone in an empty folder, where the library is not installed. What came of it."
    run(own, '-m', 'pip', 'uninstall', '-q', '-y', '--disable-pip-version-check', 'timm_bench', log=log)
    folder.mkdir(parents=True)
    shutil.copy(notebook, folder)
    settings = {name: value for name, value in os.environ.items() if not name.startswith(('TIMM_BENCH', 'PYTHON', 'JUPYTER', 'GIT_'))}
    settings |= dict(HOME=str(folder/'home'), PATH=f'{own.parent}:{os.environ["PATH"]}', TIMM_BENCH_URL=url or NOWHERE)
    if not url: settings |= dict(PIP_INDEX_URL=NOWHERE)
    begin = time.monotonic()
    command = [own, '-m', 'nbconvert', '--to', 'notebook', '--execute', '--inplace', '--ExecutePreprocessor.timeout=1200', notebook.name]
    good, said = run(*([] if url else cut_off()), *command, log=log, cwd=folder, env=settings)
    took = time.monotonic() - begin
    done = nbformat.read(folder/notebook.name, as_version=4)
    outputs = [output for cell in done.cells for output in cell.get('outputs', [])]
    said_first = ''.join(output.text for output in done.cells[0].outputs if output.output_type == 'stream' and output.name == 'stdout')
    return dict(result='ran' if good else f'failed: {said[:120]}', seconds=f'{took:.0f}', used=source_of(said_first),
                charts=sum('application/vnd.plotly.v1+json' in output.get('data', {}) for output in outputs))


def notes(own: Path, wheel: Path, folder: Path, network: str, log: Path) -> list[str]:
    "What the three commands for notebooks do with the executed notebooks; jupytext, which `ipy2md` needs, is installed as its message says."
    run(own, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '--force-reinstall', wheel, log=log)
    if network == 'with': run(own, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'jupytext', log=log)
    begin = time.monotonic()
    good, said = run(*([] if network == 'with' else cut_off()), own, '-c', NOTES, log=log, cwd=folder)
    return ['ran' if good else f'failed: {said[:120]}', f'{time.monotonic() - begin:.0f}', '', '', '', '', '']


def source_of(said: str) -> str:
    "The kind of results that the first cell says it uses."
    if 'clone' in said: return 'clone'
    return 'bundled set' if 'bundled' in said or 'package' in said else said.strip()[:80] or '-'


@contextmanager
def server(own: Path, kind: str, root: Path, home: Path):
    "A running notebook 6 or JupyterLab that serves a folder on this machine; its address, with a token."
    token, port = secrets.token_hex(8), str(free_port())
    old = kind == 'notebook'
    trait = 'NotebookApp' if old else 'ServerApp'
    options = ['--no-browser', '--allow-root', f'--{trait}.ip=127.0.0.1', f'--{trait}.port={port}', f'--{trait}.token={token}']
    settings = {name: value for name, value in os.environ.items() if not name.startswith(('JPY_', 'JUPYTER', 'PYTHON'))}
    settings |= {f'JUPYTER_{name}_DIR': str(home/name.lower()) for name in ('CONFIG', 'DATA', 'RUNTIME')} | dict(JUPYTERLAB_SETTINGS_DIR=str(home/'lab'))
    all_cells = home/'lab'/'@jupyterlab'/'notebook-extension'/'tracker.jupyterlab-settings'  # not only those in sight
    all_cells.parent.mkdir(parents=True, exist_ok=True)
    all_cells.write_text(json.dumps(dict(windowingMode='none')))
    with (home/f'{kind}.log').open('w') as log:
        process = subprocess.Popen([own, '-m', kind, *options, root], env=settings, cwd=root, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f'http://127.0.0.1:{port}'
            for _ in range(600):
                try: urllib.request.urlopen(f'{address}/api?token={token}', timeout=5).close()
                except OSError: time.sleep(.2)
                else: break
            else: raise TimeoutError(f'{kind} does not answer')
            for notebook in root.rglob('*.ipynb'):  # as after a run of one's own
                subprocess.run([own, '-m', 'jupyter', 'trust', notebook], env=settings, check=True, capture_output=True)
            yield address, token
        finally:
            process.terminate()
            try: process.wait(20)
            except subprocess.TimeoutExpired: process.kill()


def free_port() -> int:
    "A port that nobody uses."
    import socket
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def drawn(chromium, kind: str, address: str, token: str, notebook: str, charts: int, shot: Path) -> str:
    "How many charts a notebook shows in the browser, and how long it took to open."
    page = chromium.new_page(viewport=dict(width=1300, height=900))
    begin = time.monotonic()
    place = 'notebooks' if kind == 'notebook' else f'lab/workspaces/{Path(notebook).stem}/tree'  # without what was open before
    page.goto(f'{address}/{place}/{notebook}?token={token}', timeout=180_000)
    page.wait_for_selector('.cell.code_cell' if kind == 'notebook' else '.jp-CodeCell', state='attached', timeout=180_000)
    opened = time.monotonic() - begin
    output = '.output_area' if kind == 'notebook' else '.jp-OutputArea-child'
    sheet = '#site' if kind == 'notebook' else '.jp-WindowedPanel-outer'  # JupyterLab draws what is in sight
    see = f"""() => {{
        window.seen ??= new Set();
        for (const chart of document.querySelectorAll('{output} .js-plotly-plot, {output}.js-plotly-plot')) if (chart.querySelector('.xtick, .ytick')) seen.add(chart);
        const part = document.querySelector('{sheet}'), before = part.scrollTop;
        part.scrollTop += 500;
        if (part.scrollTop === before) part.scrollTop = 0;
        return seen.size;
    }}"""
    found, until = 0, time.monotonic() + 150
    while (found := page.evaluate(see)) < charts and time.monotonic() < until: page.wait_for_timeout(300)
    page.screenshot(path=shot)
    page.close()
    return f'{found} of {charts} ({opened:.0f} s to open)'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', default=[*IMAGES], choices=[*IMAGES])
    parser.add_argument('--network', nargs='+', default=['with', 'without'], choices=['with', 'without'])
    parser.add_argument('--notebooks', nargs='+', help='names such as choosing; all of them without it')
    parser.add_argument('--environments', type=Path, help='a folder for the environments')
    parser.add_argument('--snapshots', type=Path, default=Path(os.environ.get('TIMM_BENCH_SNAPSHOTS') or PROJECT.parent/'shared'/'timm-results'))
    options = parser.parse_args()
    from portable import build_wheel, write_portable
    work = Path(tempfile.mkdtemp(prefix='timm_bench_portable-'))
    print(f'logs in {work}', flush=True)
    notebooks = write_portable(work/'notebooks', build_wheel(work))
    if options.notebooks: notebooks = [path for path in notebooks if path.stem in options.notebooks]
    repository = Repository(work/'server'/'timm')
    for day in DAYS: repository.commit(day, options.snapshots/day)
    rows = []
    with git_server(work/'server') as timm, browser() as chromium:
        for image in options.only:
            version, packages = IMAGES[image]
            log = work/f'{image}.log'
            own = environment((options.environments or work)/image, interpreter(version), packages, log)
            for network in options.network:
                folder = work/image/network
                done = {}
                for notebook in notebooks:
                    url = f'{timm.url}/timm' if network == 'with' else None
                    done[notebook] = execute(own, notebook, folder/notebook.stem, url, log)
                    print(image, network, notebook.stem, done[notebook], flush=True)
                for kind in 'notebook', 'jupyterlab':
                    home = work/f'{image}-{network}-{kind}'
                    home.mkdir()
                    with server(own, kind, folder, home) as (address, token):
                        for notebook, came in done.items():
                            shot = home/f'{notebook.stem}.png'
                            came[kind] = drawn(chromium, kind, address, token, f'{notebook.stem}/{notebook.name}', came['charts'], shot)
                            print(image, network, notebook.stem, kind, came[kind], flush=True)
                rows += [[image, network, notebook.stem, came['result'], came['seconds'], f'{notebook.stat().st_size / 1e6:.2f}', came['used'],
                          str(came['charts']), came['notebook'], came['jupyterlab']] for notebook, came in done.items()]
                if (folder/'choosing').exists(): rows.append([image, network, 'ipy2md, fastnbs, fastlistnbs', *notes(own, next(work.glob('*.whl')), folder/'choosing', network, log)])
                keep(rows)
    return any('failed' in row[3] for row in rows)


def keep(rows: list[list[str]]) -> None:
    "Put rows into the table, in place of those of the same image, network and notebook."
    old = TABLE.read_text(encoding='utf-8').splitlines() if TABLE.exists() else []
    lines = {tuple(line.split(' | ')[:3]): line for line in old if line.startswith('| ') and line.split(' | ')[0] != f'| {HEAD[0]}'}
    for row in rows: lines[(f'| {row[0]}', *row[1:3])] = f'| {" | ".join(row)} | {datetime.now(timezone.utc):%Y-%m-%d} |'
    head = [f'| {" | ".join(HEAD)} |', '|' + '---|' * len(HEAD)]
    TABLE.write_text('\n'.join([f'{platform.system()} {platform.machine()}', '', *head, *(lines[name] for name in sorted(lines))]) + '\n', encoding='utf-8')


if __name__ == '__main__': sys.exit(main())
