"Notebooks that carry the library: what is in them, and one that runs alone. tests/kaggle_and_colab.py runs all of them on what these have."
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
from conftest import PROJECT

sys.path.append(str(PROJECT/'docs'))
NOWHERE = 'http://127.0.0.1:9'


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    "The wheel and the portable notebooks."
    from portable import build_wheel, write_portable
    folder = tmp_path_factory.mktemp('portable')
    write_portable(folder, build_wheel(folder))
    return folder


def carried(notebook: Path) -> bytes:
    "The wheel in a notebook's first cell."
    first = nbformat.read(notebook, 4).cells[0]
    return base64.b64decode(re.search(r"^install_timm_bench\('timm_bench-[^']*', '([^']*)'\)$", first.source, re.M)[1])


def test_every_tutorial_carries_the_whole_library_in_one_hidden_cell(folder):
    wheel = next(folder.glob('*.whl'))
    there_are = {path.relative_to(PROJECT).as_posix() for path in (PROJECT/'timm_bench').rglob('*') if path.is_file() and '__pycache__' not in path.parts}
    with zipfile.ZipFile(wheel) as archive:
        assert there_are <= set(archive.namelist()) and archive.testzip() is None
    notebooks = sorted(folder.rglob('*.ipynb'))
    assert {path.name for path in (PROJECT/'nbs'/'tutorials').glob('*.ipynb')} < {path.name for path in notebooks}
    for path in notebooks:
        assert path.stat().st_size < 1_000_000
        assert carried(path) == wheel.read_bytes()
        first, *others = json.loads(path.read_text(encoding='utf-8'))['cells']
        assert first['metadata'] == {'jupyter': {'source_hidden': True}, 'cellView': 'form', '_kg_hide-input': True}
        assert not [cell for cell in others if 'pip' in ''.join(cell['source']) and "'install'" in ''.join(cell['source'])]


def test_links_to_other_notebooks_lead_to_the_site_or_are_names(folder, monkeypatch):
    import portable
    path = PROJECT/'nbs'/'tutorials'/'which_image_model_is_best.ipynb'
    wheel = next(folder.glob('*.whl'))
    assert '[Choosing a model](choosing.ipynb)' in path.read_text(encoding='utf-8')
    text = nbformat.writes(portable.carrying(path, wheel))
    assert 'Choosing a model (`choosing.ipynb`)' in text and '.ipynb)' not in text.replace('`)', '')
    monkeypatch.setattr(portable, 'settings', lambda: dict(url='https://example.org/timm'))
    assert '[Choosing a model](https://example.org/timm/tutorials/choosing.html)' in nbformat.writes(portable.carrying(path, wheel))


def test_a_wheel_of_the_same_source_is_the_same(folder, tmp_path):
    from portable import build_wheel
    assert build_wheel(tmp_path).read_bytes() == next(folder.glob('*.whl')).read_bytes()


def test_alone_in_an_empty_folder_it_runs_and_asks_no_index(folder, tmp_path):
    "In an environment that has what this one has, but not the library."
    venv.create(tmp_path/'environment', with_pip=True)
    own = tmp_path/'environment'/'bin'/'python'
    site = subprocess.run([own, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], text=True, capture_output=True, check=True).stdout.strip()
    Path(site, 'borrowed.pth').write_text(sysconfig.get_path('purelib'))
    alone = tmp_path/'alone'
    alone.mkdir()
    (alone/'choosing.ipynb').write_bytes((folder/'tutorials'/'choosing.ipynb').read_bytes())
    settings = {name: value for name, value in os.environ.items() if not name.startswith(('TIMM_BENCH', 'PYTHON', 'PIP'))}
    settings |= dict(PIP_INDEX_URL=NOWHERE, PIP_NO_FIND_LINKS='1', TIMM_BENCH_URL=NOWHERE, TIMM_BENCH_CACHE=str(tmp_path/'cache'), PLOTLY_RENDERER='plotly_mimetype')
    command = [own, '-m', 'nbconvert', '--to', 'notebook', '--execute', '--inplace', 'choosing.ipynb']
    done = subprocess.run(command, cwd=alone, env=settings, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-2000:]
    said = ''.join(output.get('text', '') for output in nbformat.read(alone/'choosing.ipynb', 4).cells[0].outputs)
    assert re.match(r'timm_bench [\d.]+ with the results bundled with timm_bench\n', said) and 'Not installed' not in said
    code = 'import timm_bench; print(timm_bench.__file__)'
    where = subprocess.run([own, '-c', code], cwd=alone, env=settings, text=True, capture_output=True, check=True).stdout
    assert where.startswith(site)


def test_it_starts_without_what_a_bare_image_has_not(tmp_path):
    "Results, decisions, charts and cards, with neither lazy_loader nor filelock nor typer."
    code = """import sys
for name in 'lazy_loader', 'filelock', 'typer', 'torch', 'timm', 'nbformat', 'jupytext': sys.modules[name] = None
from timm_bench import best, card, estimate, get_data, measure, show_all, show_frontier
df = get_data('infer', keep=None, weights='all')
best(df, under=df.secs.median()), show_all(df, 'All', 'infer_img_size'), show_frontier(df, "Frontier", "infer_img_size"), card(df.model[0])._repr_html_()
print(df.attrs['origin'])"""
    settings = {name: value for name, value in os.environ.items() if not name.startswith('TIMM_BENCH')}
    settings |= dict(TIMM_BENCH_URL=NOWHERE, TIMM_BENCH_CACHE=str(tmp_path/'cache'), PYTHONPATH=str(PROJECT))
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], text=True, capture_output=True, env=settings)
    assert done.returncode == 0 and 'bundled' in done.stdout, done.stderr[-2000:]


@pytest.mark.parametrize('named, address', [
    (dict(git_url='https://github.com/someone/timm_bench'), 'git+https://github.com/someone/timm_bench@main'),
    (dict(git_url='https://github.com/someone/timm_bench', doc_host='https://someone.github.io'), 'https://someone.github.io/timm_bench/timm_bench-0.1.0-py3-none-any.whl'),
    (dict(), '')])
def test_where_the_library_can_be_had_comes_from_the_settings(tmp_path, named, address):
    for name in ('nbs', 'docs', 'tests'): shutil.copytree(PROJECT/name, tmp_path/name, ignore=shutil.ignore_patterns('__pycache__'))
    settings = (PROJECT/'settings.ini').read_text(encoding='utf-8')
    for key, value in named.items(): settings = re.sub(rf'^{key} =.*$', f'{key} = {value}', settings, flags=re.M)
    (tmp_path/'settings.ini').write_text(settings, encoding='utf-8')
    subprocess.run([sys.executable, tmp_path/'docs'/'build.py', 'readme'], check=True, env=os.environ | dict(TIMM_BENCH_DOCS_URL=''))
    for path in (tmp_path/'nbs'/'tutorials').glob('*.ipynb'):
        cell = next(cell.source for cell in nbformat.read(path, 4).cells if "find_spec('timm_bench')" in cell.source)
        assert f"exists() else '{address}'" in cell, path.name


def test_a_notebook_of_the_repository_knows_no_name_that_nobody_has_claimed():
    for path in sorted((PROJECT/'nbs'/'tutorials').glob('*.ipynb')):
        cells = [cell.source for cell in nbformat.read(path, 4).cells if "find_spec('timm_bench')" in cell.source]
        assert len(cells) == 1 and re.search(r"exists\(\) else '(https://[^']*|git\+https://[^']*)?'", cells[0]), path.name
