"Executes the notebooks, and keeps their outputs for as long as they, the package and the results stay the same."
from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import nbformat
from kernels import KernelManager
from project import PROJECT, BuildError, notebooks

CACHE = PROJECT/'.cache'/'site'  # one executed notebook for each state of it, the package and the results


def fingerprint(results: str) -> str:
    "What an execution depends on beside the notebook: the package, the results, Python and the libraries."
    files = [path for path in sorted((PROJECT/'timm_bench').rglob('*')) if path.is_file() and path.suffix != '.pyc']
    digest = hashlib.sha256(b''.join(path.read_bytes() for path in files))
    versions = [version(name) for name in ('pandas', 'plotly', 'statsmodels')]
    digest.update(' '.join([results, sys.version, *versions]).encode())
    return digest.hexdigest()


def kept(path: Path, state: str) -> Path:
    "Where the outputs of a notebook in this state are kept."
    return CACHE/f'{hashlib.sha256(path.read_bytes() + state.encode()).hexdigest()}.ipynb'


def execute(path: Path, state: str) -> nbformat.NotebookNode:
    "A notebook with its outputs: executed in a process of its own, or as it was when last in this state."
    place = kept(path, state)
    if not place.exists():
        notebook = run(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_suffix('.part')
        nbformat.write(notebook, unfinished)
        unfinished.replace(place)
    return nbformat.read(place, as_version=4)


def run(path: Path) -> nbformat.NotebookNode:
    "Execute a notebook in its own folder. An error names the notebook and the cell."
    from nbclient import NotebookClient
    notebook = nbformat.read(path, as_version=4)
    needs_what_is_not_here = re.search(r'^- skip_exec: true$', notebook.cells[0].source, re.M)
    if needs_what_is_not_here: return notebook  # shown with the outputs that it has
    now = dict(index=-1, cell=dict(id='none', source=''))

    def note(cell, cell_index): now.update(cell=cell, index=cell_index)

    resources = dict(metadata=dict(path=str(path.parent)))
    client = NotebookClient(notebook, timeout=900, resources=resources, on_cell_start=note,
                            kernel_manager_class=KernelManager)
    try: client.execute(stderr=subprocess.DEVNULL)  # where kernels say that they listen on loopback
    except Exception as e:  # noqa: BLE001  # told below, with the notebook and the cell
        kind, text = getattr(e, 'ename', type(e).__name__), getattr(e, 'evalue', e)
        if kind == 'SystemExit': return stopped(notebook, now['cell'], text)
        where = f"{path.relative_to(PROJECT)}, cell {now['index'] + 1} (id {now['cell']['id']})"
        raise BuildError(f"{where}: {kind}: {str(text).strip()}\n\n{now['cell']['source']}") from None
    return notebook


def stopped(notebook: nbformat.NotebookNode, cell: nbformat.NotebookNode, why: str) -> nbformat.NotebookNode:
    "A notebook that ended itself because something is not installed: it says so, and later cells have no outputs."
    cell.outputs = [nbformat.v4.new_output('stream', name='stdout', text=why + '\n')]
    return notebook


def execute_all() -> dict[Path, nbformat.NotebookNode]:
    "Every notebook with its outputs, two at a time."
    from timm_bench import get_results
    results = get_results()
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get('PATH', '')])
    os.environ |= dict(TIMM_BENCH_RESULTS=str(results.folder), PATH=programs, PLOTLY_RENDERER='plotly_mimetype',
                       JUPYTER_PLATFORM_DIRS='1', PYTHONWARNINGS='ignore:install "ipywidgets"')  # rich, of its bars
    paths = notebooks()[::-1]  # the longest to run are the last by name
    state = fingerprint(str(results))
    with ThreadPoolExecutor(2) as pool: done = list(pool.map(lambda path: execute(path, state), paths))
    for old in set(CACHE.glob('*')) - {kept(path, state) for path in paths}: old.unlink()
    return dict(zip(paths, done))
