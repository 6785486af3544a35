"""Builds what is made from the notebooks but is not the library.

python docs/build.py            the docs site, into _docs: executes every notebook, renders pages, charts and pictures
python docs/build.py readme     README.md, from nbs/index.ipynb; where to get the library, into the tutorials
python docs/build.py portable   the tutorials as notebooks that carry the library, into _portable
python docs/build.py pictures   the picture and the answers that the README shows, from the results at hand
python docs/build.py quarto     the docs site by Quarto (which must be installed) rather than smalldocs
"""
from __future__ import annotations

import shutil
import sys

from execution import execute_all
from pages import finish, process, render_by_quarto, render_by_smalldocs
from pictures import readme_pictures
from portable import build_wheel, portable, stamp, write_portable
from project import NBS, PROJECT, BuildError, page_of, settings
from readme import readme, refresh_answers
from tree import quarto_settings, sidebar, write_tree


def build(render=render_by_smalldocs) -> None:
    "The whole site."
    about = settings()
    executed = execute_all()
    write_tree(executed, about)
    folder = process(about)
    pages = [page_of(path) for path in executed]
    (folder/'nbdev.yml').write_text(quarto_settings(about), encoding='utf-8')
    (folder/'sidebar.yml').write_text(sidebar(pages), encoding='utf-8')
    faults = render(folder)
    site = folder/about['doc_path']
    finish(site, about)
    for page in pages:
        copy = site/'notebooks'/page
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(NBS/page, copy)
    write_portable(site/'notebooks', build_wheel(site))
    shutil.rmtree(PROJECT/about['doc_path'], ignore_errors=True)
    shutil.move(site, PROJECT)
    if faults: raise BuildError('the pages are in ' + about['doc_path'] + ', but: ' + '; '.join(faults))


def main(command: str = 'build', *rest: str) -> None:
    "Run one of the commands above."
    commands = dict(build=build, quarto=lambda: build(render_by_quarto), readme=lambda: (stamp(), readme()),
                    portable=portable, pictures=lambda: (readme_pictures(), refresh_answers()))
    if rest or command not in commands: sys.exit(__doc__)
    try: commands[command]()
    except BuildError as e: sys.exit(f'docs/build.py: {e}')


if __name__ == '__main__': main(*sys.argv[1:])
