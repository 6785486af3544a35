"Notebooks in a real JupyterLab: which one is running, and where a found section opens."
import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import TimeoutError, expect

from browser import browser
from timm_bench.notes.jupyter import link_to, running_servers

pytest.importorskip('jupyterlab')
KERNEL = dict(kernelspec=dict(name='python3', display_name='Python 3', language='python'))
HEADING = "Export model: Größe (it's `α` & *more*)?"


def told_by_the_server(folder: Path) -> dict:
    "What a server has written of itself, once it is written to its end."
    for note in folder.glob('jpserver-*.json'):
        with suppress(ValueError): return json.loads(note.read_text())
    return {}


@contextmanager
def jupyterlab(root: Path, home: Path):
    "A JupyterLab that serves a folder and keeps everything else in another; its address, and its token."
    token = secrets.token_hex(8)
    folders = {f'JUPYTER_{name}_DIR': str(home/name.lower()) for name in ('CONFIG', 'DATA', 'RUNTIME')}
    environment = {name: value for name, value in os.environ.items() if not name.startswith('JPY_')}
    environment |= folders | dict(TIMM_BENCH_CACHE=str(home/'cache'), IPYTHONDIR=str(home/'ipython'))
    options = ['--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1', '--ServerApp.port=0',
               f'--ServerApp.root_dir={root}', f'--IdentityProvider.token={token}', '--LabApp.news_url=',
               '--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate',
               '--ServerApp.shutdown_no_activity_timeout=300']
    with (home/'log').open('w') as log:
        command = [sys.executable, '-m', 'jupyterlab', *options]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + 120
            while not (told := told_by_the_server(home/'runtime')):
                assert server.poll() is None and time.monotonic() < until, (home/'log').read_text()
                time.sleep(.1)
            yield told
        finally:
            server.terminate()
            try: server.wait(20)
            except subprocess.TimeoutExpired: server.kill()


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    "A notebook with a hundred sections in one folder, and one that searches in another."
    root = tmp_path_factory.mktemp('notebooks')
    for folder in ('my notes', 'work'): (root/folder).mkdir()
    sections = [new_markdown_cell(f'## Section {i}\n\n' + 'A line of text.\n\n' * 15) for i in range(60)]
    sections[40:40] = [new_markdown_cell(f'## {HEADING}\n\nThe file is `model.pkl`.')]
    long = new_notebook(cells=[new_markdown_cell('# Long'), *sections], metadata=KERNEL)
    nbformat.write(long, root/'my notes'/'a long one.ipynb')
    cells = [new_markdown_cell('# Work'),
             new_code_cell("from timm_bench import fastnbs, ipy2md\nfastnbs('export model', '..', limit=1)"),
             new_code_cell("print('written:', ipy2md(outputs=False))")]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), root/'work'/'search.ipynb')
    return root


@pytest.fixture(scope='module')
def lab(root, tmp_path_factory):
    "JupyterLab in a browser that has logged in."
    with jupyterlab(root, tmp_path_factory.mktemp('home')) as server, browser() as chromium:
        context = chromium.new_context(viewport=dict(width=1200, height=900))
        context.set_default_timeout(90_000)
        context.new_page().goto(f'{server["url"]}login?token={server["token"]}')
        yield server, context


def ask(server: dict, method: str, path: str, body: dict | None = None):
    "What the server's API answers."
    data = json.dumps(body).encode() if body else None
    headers = {'Authorization': f'token {server["token"]}', 'Content-Type': 'application/json'}
    request = urllib.request.Request(server['url'] + path, method=method, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer: return json.loads(answer.read() or 'null')


def start_kernel(server: dict, path: str) -> dict:
    "Start the kernel of a notebook; its session. A page that opens the notebook then need not ask which kernel to start."
    wanted = dict(path=path, name=Path(path).name, type='notebook', kernel=dict(name='python3'))
    return ask(server, 'POST', 'api/sessions', wanted)


def run_all(page):
    """Run all cells.

    While JupyterLab is still busy with itself it can lose a click on its menu, or ask for the kernel that it is about
    to start."""
    begun = page.locator('.jp-CodeCell').last.locator('.jp-InputPrompt', has_text=re.compile(r'\[[*\d]'))
    question = page.locator('.jp-Dialog .jp-mod-accept')
    for _ in range(9):
        with suppress(TimeoutError):
            if question.is_visible(): question.click(timeout=10_000)
            else:
                page.get_by_role('menuitem', name='Run', exact=True).click(timeout=10_000)
                page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click(timeout=10_000)
            return begun.wait_for(timeout=10_000)
    raise AssertionError('nothing was run')


def test_a_found_section_opens_its_notebook_and_the_running_notebook_is_known(lab, root):
    server, context = lab
    start_kernel(server, 'work/search.ipynb')
    page = context.new_page()
    page.goto(f'{server["url"]}lab/tree/work/search.ipynb')
    page.get_by_text('ipy2md(outputs').click()
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    run_all(page)
    said = page.locator('.jp-OutputArea-output', has_text='written: ').inner_text()
    assert said.strip() == f"written: {root/'work'/'search.md'}"
    assert (root/'work'/'search.md').read_text().count('ipy2md(outputs=False)') == 1
    link = page.get_by_role('link', name='Open a long one.ipynb')
    link.scroll_into_view_if_needed()
    assert page.locator('.timm-notes mark').first.inner_text() == 'Export'
    if shot := os.environ.get('TIMM_BENCH_SHOTS'): page.screenshot(path=Path(shot)/'lab-found.png')
    section = nbformat.read(root/'my notes'/'a long one.ipynb', 4).cells[41]
    assert link.get_attribute('href').endswith(f'#cell-id={section.id}') and HEADING in section.source
    link.click()
    page.locator('.lm-TabBar-tab.lm-mod-current', has_text='a long one.ipynb').wait_for()
    heading = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) h2', has_text='Export model')
    expect(heading).to_be_in_viewport(timeout=60_000)
    if shot := os.environ.get('TIMM_BENCH_SHOTS'): page.screenshot(path=Path(shot)/'lab-opened.png')
    page.close()


def test_an_address_opens_the_notebook_and_has_no_token(lab, root, monkeypatch):
    server, context = lab
    for name in ('JPY_SESSION_NAME', 'JPY_PARENT_PID'): monkeypatch.delenv(name, raising=False)
    link = link_to(root/'my notes'/'a long one.ipynb', HEADING.replace(' ', '-'), [server])
    assert link.url.startswith(server['url']) and server['token'] not in link.url + link.href
    page = context.new_page()
    page.goto(link.url)
    page.locator('.lm-TabBar-tab.lm-mod-current', has_text='a long one.ipynb').wait_for()
    page.locator('.jp-Notebook h1', has_text='Long').wait_for()


def test_a_renamed_notebook_is_still_known(lab, root, tmp_path, monkeypatch):
    "A kernel is started for a notebook, which is then renamed: the environment is old news and the server is right."
    from timm_bench.notes import jupyter as note_caller
    server, _ = lab
    nbformat.write(new_notebook(metadata=KERNEL), root/'work'/'old name.ipynb')
    session = start_kernel(server, 'work/old name.ipynb')
    ask(server, 'PATCH', 'api/contents/work/old%20name.ipynb', dict(path='work/new name.ipynb'))
    ask(server, 'PATCH', f'api/sessions/{session["id"]}', dict(path='work/new name.ipynb', name='new name.ipynb'))
    monkeypatch.setattr(note_caller, '_kernel_id', lambda: session['kernel']['id'])
    monkeypatch.setattr(note_caller, 'running_servers', lambda: [server])
    assert note_caller.calling_notebook() == (root/'work'/'new name.ipynb', None)
    monkeypatch.setattr(note_caller, '_kernel_id', lambda: 'another')
    monkeypatch.setenv('JPY_SESSION_NAME', str(root/'work'/'search.ipynb'))
    assert note_caller.calling_notebook() == (root/'work'/'search.ipynb', None)


def test_jupyter_lists_its_server(lab, monkeypatch, tmp_path):
    server, _ = lab
    (tmp_path/f'jpserver-{server["pid"]}.json').write_text(json.dumps(server))
    (tmp_path/'jpserver-9999999.json').write_text(json.dumps(server | dict(pid=9999999)))
    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path))
    assert [found['pid'] for found in running_servers()] == [server['pid']]


def test_a_server_that_has_not_written_down_what_it_is_does_no_harm(monkeypatch, tmp_path):
    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path))
    (tmp_path/'jpserver-1.json').touch()
    assert running_servers() == []
