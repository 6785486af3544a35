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
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from program import timm_bench
from notebook_corpus import NEEDLE, SCRIPTS, large_output, make_corpus
from timm_bench import fastlistnbs, fastnbs, ipy2md
from timm_bench.notes import files as note_files
from timm_bench.notes.cells import read_note
from timm_bench.notes.files import read_notes
from timm_bench.notes.markdown import as_text, cell_sources
from timm_bench.notes.words import spans, words
from timm_bench.checks import ResultsError, ResultsWarning

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp('corpus'), notebooks=120, megabytes=20)


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    "A cache on disk of its own, and no Jupyter."
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(tmp_path/'cache'))
    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path/'runtime'))
    for name in ('JPY_SESSION_NAME', 'JPY_PARENT_PID'): monkeypatch.delenv(name, raising=False)


def test_broken_notebooks_are_named_and_nothing_else_is_missed(corpus):
    broken = len(corpus.broken)
    with pytest.warns(ResultsWarning, match=f'left out {broken} that cannot be read: .* and {broken - 5} more') as said:
        listed = fastlistnbs(corpus.folder)
    assert len(said) == 1 and '\n' not in str(said[0].message)
    assert {path.name for path in listed.skipped} == corpus.broken
    assert listed.said[0].startswith(f'{corpus.notebooks} notebooks')
    assert all(listed.skipped.values())


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_the_needle_is_found_first_and_only_where_it_is(corpus):
    found = fastnbs('classifier serialise', corpus.folder)
    assert [(hit['heading'], Path(hit['path']).name) for hit in found] == [(NEEDLE, 'hay.ipynb')]
    assert found[0]['found'] == dict(classifier='heading', serialise='heading')
    assert found[0]['url'] == Path(found[0]['path']).as_uri()
    for script, heading in SCRIPTS.items():
        assert Path(fastnbs(heading, corpus.folder, limit=1, fuzzy=False)[0]['path']).stem == script
    assert fastnbs('heading of "format 3"', corpus.folder)[0]['path'].endswith('old.ipynb')
    assert fastnbs('schone grosse', corpus.folder, fuzzy=False)[0]['heading'] == SCRIPTS['emoji']


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_what_looks_like_a_heading_is_none(corpus):
    listed = {row['heading'] for row in fastlistnbs(corpus.folder)}
    assert not listed & {*corpus.traps, 'Printed heading', 'no heading'}
    assert {'Large output', 'After a mark', 'A Quarto file', 'In it', 'Heading of format 3'} <= listed
    their_words = [fastnbs(f'"{trap}"', corpus.folder, fuzzy=False) for trap in corpus.traps]
    assert any(their_words)  # they are text nonetheless


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
def test_searches_at_once_find_the_same_and_a_second_one_reads_nothing(tmp_path, monkeypatch):
    make_corpus(folder := tmp_path/'notes', notebooks=40, megabytes=1)
    code = ("import sys, warnings; warnings.simplefilter('ignore'); import timm_bench.notes.files as f; "
            "f._YOUNG = -1; print(len(f.read_notes(sys.argv[1])[0]))")
    def search(_):
        return subprocess.run([sys.executable, '-c', code, str(folder)], text=True, capture_output=True, timeout=300)
    with ThreadPoolExecutor(4) as pool: done = list(pool.map(search, range(4)))
    assert {(d.stdout, d.stderr) for d in done} == {(f'{55}\n', '')}
    monkeypatch.setattr(note_files, '_YOUNG', -1)
    assert len(read_notes(folder)[0]) == 55
    def read_again(path):
        if Path(path).parent.name != 'broken': pytest.fail(f'{path} was read again')
        return read_note(path)
    monkeypatch.setattr(note_files, 'read_note', read_again)
    assert len(read_notes(folder)[0]) == 55


FENCES = ['```', '````', '~~~', '```python', '    ', '# %%', '+++', '<!-- #region -->', '<!-- #endregion -->',
          '<!-- x -->', '---', '%%bash', '%matplotlib inline', '!ls', '# Heading', '#| export', '"""', '$$',
          '| a | b |']
LETTERS = st.characters(codec='utf-8', categories=['L', 'N', 'P', 'S', 'Zs'])
LINES = st.one_of(st.sampled_from(FENCES), st.text(LETTERS, max_size=12), st.just(''))
SOURCE = st.lists(LINES, max_size=6).map('\n'.join)
CELL = st.one_of(SOURCE.map(new_markdown_cell), SOURCE.map(new_code_cell), SOURCE.map(new_raw_cell))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([new_raw_cell('---\n---\n~~~\n---')])
@given(st.lists(CELL, max_size=6))
def test_a_notebook_comes_back_from_markdown_or_it_is_said_which_cells_do_not(cells):
    nb = new_notebook(cells=cells)
    before = cell_sources(nb)
    text, lost = as_text(nb)
    try: back = cell_sources(jupytext.reads(text, 'md'))
    except yaml.YAMLError: back = []  # a raw cell that begins as the text's header does, and is no YAML: jupytext refuses all of it
    assert lost or back == before
    first_lost = min(lost, default=len(before))
    for i in range(len(before) if len(back) == len(before) else 0):
        assert i in lost or i > first_lost or back[i] == before[i]


ORDINARY = {new_markdown_cell: ['Text', '# A\n\ntext\n\n\nmore', '```python\nx = 1\n```', 'a\n\n```\n# b\n```\n\nc', '',
                                '    indented', '- a\n\n- b', '| a |\n|---|\n| 1 |', '$$\nx\n$$', '<!-- a -->', '---',
                                '~~~\na\n~~~'],
            new_code_cell: ['x = 1', '', '# comment\nx', '%%bash\nls', '%matplotlib inline\nx', '!ls',
                            '"""\n```python\n"""', 'a\n\n\n\nb', '%%javascript\nalert(1)', '#| export\ndef f(): pass',
                            '?x', '# %% part', '\n\nx\n'],
            new_raw_cell: ['raw', '```\nx\n```', '---\ntitle: x\n---', '<b>']}


def test_ordinary_notebooks_come_back_whole(tmp_path):
    rng = random.Random(0)
    makers = [(make, source) for make, sources in ORDINARY.items() for source in sources]
    for i in range(60):
        nb = new_notebook(cells=[make(source) for make, source in rng.choices(makers, k=12)])
        nbformat.write(nb, path := tmp_path/f'{i}.ipynb')
        page = ipy2md(path, outputs=False)  # would warn
        assert cell_sources(jupytext.read(page)) == cell_sources(nb)


def test_the_projects_own_notebooks_come_back_whole(tmp_path):
    for path in sorted((PROJECT/'nbs').rglob('*.ipynb')):
        back = jupytext.read(ipy2md(path, tmp_path, outputs=False))
        assert cell_sources(back) == cell_sources(nbformat.read(path, 4)), path.name


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


def damaged(change) -> dict:
    "A notebook in which something is not as it should be."
    picture = nbformat.v4.new_output('display_data', data={'image/png': 'iVBORw0KGgo='})
    nb = new_notebook(cells=[new_markdown_cell('# Model'), new_code_cell('draw()', outputs=[picture])])
    change(nb)
    return nb


HOSTILE = {  # what is done to a notebook, and whether it is refused with outputs, without them, or both
    'base64': (lambda nb: nb.cells[1].outputs[0].data.update({'image/png': 'abcde'}), [True]),
    'no outputs': (lambda nb: nb.cells[1].pop('outputs'), [True]),
    'jupytext': (lambda nb: nb.metadata.update(jupytext='light'), [False]),
    'formats': (lambda nb: nb.metadata.update(jupytext=dict(formats='a b//::')), [False]),
    'filters': (lambda nb: nb.metadata.update(jupytext=dict(cell_metadata_filter=5)), [False]),
    'kernel': (lambda nb: nb.metadata.update(kernelspec='python3'), [True, False]),
    'no kind': (lambda nb: nb.cells[0].pop('cell_type'), [True, False]),
    'tags': (lambda nb: nb.cells[0].metadata.update(tags=5), [True, False]),
}


@pytest.mark.parametrize(('what', 'outputs'), [(what, outputs) for what in HOSTILE for outputs in HOSTILE[what][1]])
def test_a_notebook_that_libraries_stumble_over_is_refused_in_a_line(tmp_path, what, outputs):
    (path := tmp_path/'a.ipynb').write_text(json.dumps(damaged(HOSTILE[what][0])))
    with pytest.raises(ResultsError) as said: ipy2md(path, outputs=outputs)
    assert str(said.value).startswith(f'{path}: ') and len(str(said.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_be_left_out_is_left_out(tmp_path):
    (path := tmp_path/'a.ipynb').write_text(json.dumps(damaged(lambda nb: nb.cells[0].pop('source'))))
    assert 'draw()' in ipy2md(path).read_text() and 'draw()' in ipy2md(path, outputs=False).read_text()
    long_blank = damaged(lambda nb: nb.cells[0].metadata.update(lines_to_next_cell=10**8))
    path.write_text(json.dumps(long_blank))
    assert ipy2md(path, outputs=False).stat().st_size < 1000
    for about in (5, dict(language_info=5), dict(kernelspec='python3'), dict(kernelspec=dict(language=5))):
        path.write_text(json.dumps(new_notebook(cells=[new_code_cell('model = 1')]) | dict(metadata=about)))
        found = fastnbs('model', path)
        assert len(found) == 1 and 'model' in found._repr_html_() and 'model' in repr(found)


def test_a_name_may_be_as_long_as_the_file_system_takes_it(tmp_path):
    cells = damaged(lambda nb: None).cells
    (path := tmp_path/f'{"n" * 246}.ipynb').write_text(json.dumps(new_notebook(cells=cells)))
    for outputs in (True, False, True): assert 'draw()' in ipy2md(path, outputs=outputs).read_text()
    assert not [file for file in tmp_path.iterdir() if file.name.startswith('.')]
    many = [*(new_code_cell('x') for _ in range(100)), *cells]
    path.write_text(json.dumps(new_notebook(cells=many)))  # the picture of cell 101 has a name of 256 characters
    with pytest.raises(ResultsError, match='cannot be written .File name too long'): ipy2md(path)


CONVERTED = """
import sys
from timm_bench import ipy2md, ResultsError
for nb, out in [('pipe.ipynb', 'page.md'), ('zero.ipynb', 'page.md'), ('a.ipynb', 'pipe.md')]:
    try: ipy2md(nb, out)
    except ResultsError as e: print(e)
"""


def test_what_is_no_regular_file_is_passed_over(tmp_path):
    (tmp_path/'good.md').write_text('# Good')
    (tmp_path/'a.ipynb').write_text(json.dumps(new_notebook()))
    for name in ('pipe.ipynb', 'pipe.md'): os.mkfifo(tmp_path/name)
    (tmp_path/'zero.ipynb').symlink_to('/dev/zero')
    listed = timm_bench('notes', 'list', '--format', 'json', cwd=tmp_path, timeout=120)
    assert [row['heading'] for row in json.loads(listed.stdout)] == ['Good']
    assert listed.stderr.startswith('timm_bench: left out 3 that cannot be read: ')
    assert listed.stderr.count('cannot be read (not a regular file)') == 3
    command = [sys.executable, '-c', CONVERTED]
    converted = subprocess.run(command, text=True, capture_output=True, timeout=120, cwd=tmp_path)
    assert converted.stdout.splitlines() == [
        'pipe.ipynb: cannot be read (not a regular file)', 'zero.ipynb: cannot be read (not a regular file)',
        "out='pipe.md': exists, and is not as ipy2md wrote it; choose another name"]


SHOWN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (800 * 2**20, 800 * 2**20))
from timm_bench import fastlistnbs, fastnbs
for query in ('model', 'modle'):
    found = fastnbs(query, sys.argv[1])
    print(len(found), len(repr(found)) < 500_000, len(found._repr_html_()) < 1_000_000)
print(len(fastlistnbs(sys.argv[1])), len(repr(fastlistnbs(sys.argv[1]))) < 500_000)
"""


def test_a_line_of_15_megabytes_is_shown_by_its_beginning(tmp_path):
    line = 'wörd model ' + 'word model ' * 1_400_000
    for i, cell in enumerate([new_markdown_cell(line), new_markdown_cell(f'# {line}'), new_code_cell(f'x = "{line}"')]):
        (tmp_path/f'{i}.ipynb').write_text(json.dumps(new_notebook(cells=[cell])))
    done = subprocess.run([sys.executable, '-c', SHOWN, str(tmp_path)], text=True, capture_output=True, timeout=120)
    assert (done.stdout, done.stderr) == ('3 True True\n' * 2 + '1 True\n', '')


def test_a_long_section_with_pictures_in_its_text_is_shown_without_them(tmp_path):
    picture = f'![a plot](data:image/png;base64,{"iVBORw0K" * 100_000})'
    (path := tmp_path/'a.md').write_text(f'# Model\n\nBefore.\n\n{picture}\n\nAfter.\n')
    page = fastnbs('model', path)._repr_html_()
    assert '[a plot]' in page and 'After.' in page and 'iVBORw0KiVBORw0K' not in page


@example('ß', 's')
@example('aß', 'as s')
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
    assert done.stderr.startswith('timm_bench: left out 10 that cannot be read: ')
    assert len(done.stderr.splitlines()) == 1
    assert timm_bench('notes', 'search', 'zebrafish', '--path', tmp_path/'nowhere').returncode == 2
    assert 'Traceback' not in timm_bench('notes', 'convert', corpus.folder/'broken'/'cut.ipynb').stderr


def test_other_commands_do_not_load_notes():
    code = "import sys, timm_bench.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, '-c', code], text=True, capture_output=True, check=True).stdout.split()
    unwanted = ('timm_bench.notes', 'nbformat', 'jupytext', 'markdown_it')
    assert 'timm_bench.cli.notes' in loaded and not [module for module in loaded if module.startswith(unwanted)]


@pytest.mark.skipif(not (PROJECT/'nbs'/'tutorials'/'take_it_home.ipynb').exists(), reason='no such notebook')
def test_export_model_is_found_in_the_projects_own_notebooks():
    assert fastnbs('export model', PROJECT/'nbs')[0]['path'].endswith('take_it_home.ipynb')
