"Notebooks that run alone, anywhere: each carries the library in its first cell."
from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from project import NBS, PROJECT, BuildError, page_of, settings

FOLDER = PROJECT/'_portable'  # what `python docs/build.py portable` writes
SOURCE = ['timm_bench', 'setup.py', 'pyproject.toml', 'settings.ini', 'MANIFEST.in', 'README.md', 'LICENSE']
HIDDEN = {'jupyter': {'source_hidden': True}, 'cellView': 'form', '_kg_hide-input': True}  # JupyterLab, Colab, Kaggle

FIRST = '''\
#@title timm_bench, which this notebook carries
#| echo: false
import base64, importlib.util, re, subprocess, sys, tempfile
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

def there_is(requirement):
    "Whether a package is installed; whatever version the image has is taken."
    try: return bool(version(re.match(r'[\\w.-]+', requirement)[0]))
    except PackageNotFoundError: return False

def install(*what):
    "Install quietly. What pip says if it fails, or nothing."
    options = ['-q', '--disable-pip-version-check', '--no-input', '--retries', '0', '--timeout', '10']
    done = subprocess.run([sys.executable, '-m', 'pip', 'install', *options, *what], capture_output=True, text=True)
    importlib.invalidate_caches()
    return done.returncode and (done.stderr.strip().splitlines() or ['pip failed'])[-1]

def install_timm_bench(name, wheel):
    "Install the wheel that is written below, without an index; from an index, only what the image has not at all."
    if importlib.util.find_spec('timm_bench'): return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(base64.b64decode(wheel))
        fault = install('--no-index', '--no-deps', '--force-reinstall', str(Path(folder, name)))
    if fault: raise SystemExit(f'timm_bench cannot be installed: {fault}')
    needed = [requirement for requirement in requires('timm_bench') if 'extra ==' not in requirement]
    missing = [requirement for requirement in needed if not there_is(requirement)]
    if missing and install(*missing): print('Not installed, and so not all will work:', ', '.join(missing))

install_timm_bench('{name}', '{wheel}')
import timm_bench
print('timm_bench', version('timm_bench'), 'with', timm_bench.get_results())'''

INSTALLS = re.compile(r"^if not importlib\.util\.find_spec\('timm_bench'\):", re.M)  # the cell of a notebook in `nbs/`
LINK = re.compile(r'\[([^]]+)\]\(([\w./]+)\.ipynb\)')  # to another notebook
ADDRESS = re.compile(r"(?<=if Path\('\.\./\.\./settings\.ini'\)\.exists\(\) else )'[^']*'")


def build_wheel(folder: Path) -> Path:
    "The library's wheel, built from a copy in a folder without asking an index."
    with tempfile.TemporaryDirectory() as work:
        for name in SOURCE:
            leave = shutil.ignore_patterns('__pycache__')
            if (PROJECT/name).is_dir(): shutil.copytree(PROJECT/name, Path(work, name), ignore=leave)
            else: shutil.copy(PROJECT/name, work)
        command = [sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps', '--no-index', '--no-build-isolation',
                   '--disable-pip-version-check', '--wheel-dir', folder, work]
        year = str(3652 * 86400)  # in seconds: a wheel of the same source is the same, byte by byte
        environment = os.environ | dict(SOURCE_DATE_EPOCH=year)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode: raise BuildError(f'the wheel cannot be built: {done.stderr.strip()}')
    return next(folder.glob('timm_bench-*.whl'))


def carrying(path: Path, wheel: Path) -> nbformat.NotebookNode:
    "A notebook with the wheel in its first cell, in place of the cell that installs from a checkout."
    notebook = nbformat.read(path, as_version=4)
    content = base64.b64encode(wheel.read_bytes()).decode()
    source = FIRST.replace('{name}', wheel.name).replace('{wheel}', content)
    first = nbformat.v4.new_code_cell(source, id='carried', metadata=HIDDEN)
    cells = [cell for cell in notebook.cells if not INSTALLS.search(cell.source)]
    for cell in cells:
        if cell.cell_type == 'markdown': cell.source = LINK.sub(lambda link: linked(link, path), cell.source)
    return nbformat.from_dict(notebook | dict(cells=[first, *cells]))


def linked(link: re.Match, path: Path) -> str:
    "A link to another notebook, where a notebook lies alone: to the site, or the other's name where there is no address."
    site, (text, target) = settings()['url'], link.groups()
    if not site: return f'{text} (`{Path(target).name}.ipynb`)'
    return f'[{text}]({site}/{page_of((path.parent/target).resolve())}.html)'


def portable_notebooks() -> list[Path]:
    "The notebooks that people take with them."
    return [*sorted((NBS/'tutorials').glob('*.ipynb')), NBS/'gallery.ipynb']


def write_portable(folder: Path, wheel: Path) -> list[Path]:
    "Write the portable notebooks to a folder, as they lie in `nbs/`."
    written = []
    for path in portable_notebooks():
        target = folder/page_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(carrying(path, wheel), target)
        written.append(target)
    return written


def portable() -> None:
    "Write the wheel and the portable notebooks to `_portable`."
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for path in write_portable(FOLDER, build_wheel(FOLDER)):
        print(f'{path.relative_to(PROJECT)}: {path.stat().st_size / 1e6:.2f} MB')


def stamp() -> None:
    """Write where the library can be had into the notebooks that lie in the repository, for Colab and Kaggle.

    That is the wheel on the site, or else the repository, as settings.ini names them, or nothing."""
    about = settings()
    address = ''
    if about['git_url']: address = f"git+{about['git_url']}@{about['branch']}"
    if about['url']: address = f"{about['url']}/timm_bench-{about['version']}-py3-none-any.whl"
    for path in sorted((NBS/'tutorials').glob('*.ipynb')):
        text = path.read_text(encoding='utf-8')
        stamped = ADDRESS.sub(f"'{address}'", text)
        if stamped != text: path.write_text(stamped, encoding='utf-8')
