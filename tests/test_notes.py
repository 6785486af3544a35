"Search, list and convert over a folder as people have them: broken, old, large and in every script."
import json
import os
import random
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from notebook_corpus import NEEDLE, SCRIPTS, large_output, make_corpus
from timm_bench import fastlistnbs, fastnbs, ipy2md, note_files
from timm_bench.notes.cells import read_note
from timm_bench.notes.files import read_notes
from timm_bench.notes.markdown import _as_text, _sources
from timm_bench.notes.words import spans, words
from timm_bench.checks import ResultsError, ResultsWarning

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp('corpus'), notebooks=300, megabytes=50)


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    "A cache on disk of its own, and no Jupyter."
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(tmp_path/'cache'))
    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path/'runtime'))
    for name in ('JPY_SESSION_NAME', 'JPY_PARENT_PID'): monkeypatch.delenv(name, raising=False)


def timm_bench(*arguments, cwd=None):
    return subprocess.run([sys.executable, '-c', 'from timm_bench.cli.main import main; main()', *map(str, arguments)], cwd=cwd, text=True, capture_output=True, timeout=300,
                          env=os.environ | dict(NO_COLOR='1', FORCE_COLOR=''))


def test_broken_notebooks_are_named_and_nothing_else_is_missed(corpus):
    with pytest.warns(ResultsWarning, match=f'left out {len(corpus.broken)} that cannot be read: .* and {len(corpus.broken) - 5} more') as said: listed = fastlistnbs(corpus.folder)
    assert len(said) == 1 and '\n' not in str(said[0].message)
    assert {path.name for path in listed.skipped} == corpus.broken
    assert listed.said[0].startswith(f'{corpus.notebooks} notebooks')
    assert all(listed.skipped.values())


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_the_needle_is_found_first_and_only_where_it_is(corpus):
    found = fastnbs('classifier serialise', corpus.folder)
    assert [(hit['heading'], Path(hit['path']).name) for hit in found] == [(NEEDLE, 'hay.ipynb')]
    assert found[0]['found'] == dict(classifier='heading', serialise='heading') and found[0]['url'] == Path(found[0]['path']).as_uri()
    for script, heading in SCRIPTS.items(): assert Path(fastnbs(heading, corpus.folder, limit=1, fuzzy=False)[0]['path']).stem == script
    assert fastnbs('heading of "format 3"', corpus.folder)[0]['path'].endswith('old.ipynb')
    assert fastnbs('schone grosse', corpus.folder, fuzzy=False)[0]['heading'] == SCRIPTS['emoji']


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_what_looks_like_a_heading_is_none(corpus):
    listed = {row['heading'] for row in fastlistnbs(corpus.folder)}
    assert not listed & {*corpus.traps, 'Printed heading', 'no heading'}
    assert {'Large output', 'After a mark', 'A Quarto file', 'In it', 'Heading of format 3'} <= listed
    assert any(fastnbs(f'"{trap}"', corpus.folder, fuzzy=False) for trap in corpus.traps)  # their words are text nonetheless


def test_memory_does_not_grow_with_outputs(tmp_path):
    peaks = {}
    for megabytes, pieces in [(1, 1), (50, 1), (50, 1000)]:
        large_output(path := tmp_path/f'{megabytes}-{pieces}.ipynb', megabytes, pieces)
        tracemalloc.start()
        assert [section.heading for section in read_note(path).sections] == ['Large output']
        peaks[megabytes, pieces] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert max(peaks.values()) < 4 * 2**20 and peaks[50, 1] < 2 * peaks[1, 1]


def test_a_change_is_always_seen(tmp_path):
    (path := tmp_path/'a.md').write_text('# Version 00')
    for i in range(1, 40):
        times = path.stat()
        path.write_text(f'# Version {i:02}')
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert fastlistnbs(path)[0]['heading'] == f'Version {i:02}'
    path.unlink()
    with pytest.raises(ResultsError, match='is neither'): fastlistnbs(path)


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_searches_at_once_share_a_cache(tmp_path, monkeypatch):
    make_corpus(folder := tmp_path/'notes', notebooks=40, megabytes=1)
    code = "import sys, warnings; warnings.simplefilter('ignore'); import timm_bench.notes.files as f; f._YOUNG = -1; print(len(f.read_notes(sys.argv[1])[0]))"
    def search(_): return subprocess.run([sys.executable, '-c', code, str(folder)], text=True, capture_output=True, timeout=300)
    with ThreadPoolExecutor(4) as pool: done = list(pool.map(search, range(4)))
    assert {(d.stdout, d.stderr) for d in done} == {(f'{55}\n', '')}
    monkeypatch.setattr(note_files, '_YOUNG', -1)
    monkeypatch.setattr(note_files, 'read_note', lambda path: pytest.fail(f'{path} was read again') if Path(path).parent.name != 'broken' else read_note(path))
    assert len(read_notes(folder)[0]) == 55
    assert (tmp_path/'cache'/'notes.sqlite').stat().st_mode & 0o077 == 0


FENCES = ['```', '````', '~~~', '```python', '    ', '# %%', '+++', '<!-- #region -->', '<!-- #endregion -->', '<!-- x -->', '---', '%%bash', '%matplotlib inline', '!ls',
          '# Heading', '#| export', '"""', '$$', '| a | b |']
LINES = st.one_of(st.sampled_from(FENCES), st.text(st.characters(codec='utf-8', categories=['L', 'N', 'P', 'S', 'Zs']), max_size=12), st.just(''))
SOURCE = st.lists(LINES, max_size=6).map('\n'.join)
CELL = st.one_of(SOURCE.map(new_markdown_cell), SOURCE.map(new_code_cell), SOURCE.map(new_raw_cell))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CELL, max_size=6))
def test_a_notebook_comes_back_from_markdown_or_it_is_said_which_cells_do_not(cells):
    nb = new_notebook(cells=cells)
    before = _sources(nb)
    text, lost = _as_text(nb)
    back = _sources(jupytext.reads(text, 'md'))
    assert lost or back == before
    for i in range(len(before) if len(back) == len(before) else 0): assert i in lost or i > min(lost, default=len(before)) or back[i] == before[i]


ORDINARY = {new_markdown_cell: ['Text', '# A\n\ntext\n\n\nmore', '```python\nx = 1\n```', 'a\n\n```\n# b\n```\n\nc', '', '    indented', '- a\n\n- b',
                                '| a |\n|---|\n| 1 |', '$$\nx\n$$', '<!-- a -->', '---', '~~~\na\n~~~'],
            new_code_cell: ['x = 1', '', '# comment\nx', '%%bash\nls', '%matplotlib inline\nx', '!ls', '"""\n```python\n"""', 'a\n\n\n\nb',
                             '%%javascript\nalert(1)', '#| export\ndef f(): pass', '?x', '# %% part', '\n\nx\n'],
            new_raw_cell: ['raw', '```\nx\n```', '---\ntitle: x\n---', '<b>']}


def test_ordinary_notebooks_come_back_whole(tmp_path):
    rng = random.Random(0)
    makers = [(make, source) for make, sources in ORDINARY.items() for source in sources]
    for i in range(60):
        nb = new_notebook(cells=[make(source) for make, source in rng.choices(makers, k=12)])
        nbformat.write(nb, path := tmp_path/f'{i}.ipynb')
        page = ipy2md(path, outputs=False)  # would warn
        assert _sources(jupytext.read(page)) == _sources(nb)


def test_the_projects_own_notebooks_come_back_whole(tmp_path):
    for path in sorted((PROJECT/'nbs').rglob('*.ipynb')):
        assert _sources(jupytext.read(ipy2md(path, tmp_path, outputs=False))) == _sources(nbformat.read(path, 4)), path.name


def test_a_conversion_with_outputs_removes_its_old_pictures_and_nobody_elses(tmp_path):
    picture = lambda n: nbformat.v4.new_output('display_data', data={'image/png': 'iVBORw0KGgo=' * n})
    nb = new_notebook(cells=[new_code_cell('a', outputs=[picture(1)]), new_code_cell('b', outputs=[picture(2)])])
    nbformat.write(nb, path := tmp_path/'my plots.ipynb')
    ipy2md(path)
    (tmp_path/'my plots_files'/'mine.png').write_text('mine')
    del nb.cells[1]
    nbformat.write(nb, path)
    page = ipy2md(path)
    assert sorted(p.name for p in (tmp_path/'my plots_files').iterdir()) == ['mine.png', 'my plots_0_0.png']
    assert 'my%20plots_files/my%20plots_0_0.png' in page.read_text()
    page.unlink()
    with pytest.raises(ResultsError, match='holds pictures that ipy2md did not write'): ipy2md(path)


@given(st.text(max_size=40), st.text(min_size=1, max_size=8))
def test_marks_stand_where_the_word_is(text, query):
    try: wanted = words(query)
    except ResultsError: return
    found = spans(text, wanted)
    assert all(0 <= a < b <= len(text) for a, b in found) and all(b <= c for (_, b), (c, _) in zip(found, found[1:]))


def test_the_program_names_broken_notebooks_on_standard_error(corpus, tmp_path):
    done = timm_bench('notes', 'search', 'zebrafish', '--path', corpus.folder, '--format', 'json')
    assert done.returncode == 0, done.stderr
    assert [hit['heading'] for hit in json.loads(done.stdout)] == [NEEDLE]
    assert done.stderr.startswith('timm_bench: left out 10 that cannot be read: ') and len(done.stderr.splitlines()) == 1
    assert timm_bench('notes', 'search', 'zebrafish', '--path', tmp_path/'nowhere').returncode == 2
    assert 'Traceback' not in timm_bench('notes', 'convert', corpus.folder/'broken'/'cut.ipynb').stderr


def test_other_commands_do_not_load_notes():
    code = "import sys, timm_bench.cli.main; print([m for m in sys.modules if m.startswith('timm_bench.note') and m != 'timm_bench.cli.notes' or m in ('nbformat', 'jupytext', 'markdown_it')])"
    assert subprocess.run([sys.executable, '-c', code], text=True, capture_output=True, check=True).stdout == '[]\n'


@pytest.mark.skipif(not (PROJECT/'nbs'/'tutorials'/'take_it_home.ipynb').exists(), reason='no such notebook')
def test_export_model_is_found_in_the_projects_own_notebooks():
    assert fastnbs('export model', PROJECT/'nbs')[0]['path'].endswith('take_it_home.ipynb')
