"""Builds what is made from the notebooks but is not the library.

python nbs/build_site.py readme     README.md, from index.ipynb
python nbs/build_site.py pictures   the pictures that the README shows, from the results at hand
"""
import sys
from pathlib import Path

import nbformat

NBS = Path(__file__).parent


def readme() -> None:
    "README.md: the cells of index.ipynb, code as code."
    parts = []
    for cell in nbformat.read(NBS/'index.ipynb', as_version=4).cells:
        if cell.source.startswith('#|'): continue
        parts.append(cell.source if cell.cell_type == 'markdown' else f'```python\n{cell.source}\n```')
    text = '\n\n'.join(parts).replace('](images/', '](nbs/images/').replace('](tutorials/', '](nbs/tutorials/')
    (NBS.parent/'README.md').write_text(text + '\n', encoding='utf-8')


def pictures() -> None:
    "The README's chart, drawn in a real browser."
    sys.path.insert(0, str(NBS.parent/'tests'))
    from browser import browser
    from timm_bench import get_data, show_subs
    figure = show_subs(get_data('infer'), 'Which image models are best?', 'infer_img_size')
    with browser() as chromium:
        page = chromium.new_page(viewport=dict(width=1000, height=800))
        page.set_content(f'<style>body {{ margin: 0 }}</style>{figure.to_html(full_html=False)}')
        page.wait_for_selector('.legend')
        page.screenshot(path=NBS/'images'/'inference.png')


if __name__ == '__main__':
    commands = {'readme': readme, 'pictures': pictures}
    if len(sys.argv) != 2 or sys.argv[1] not in commands: sys.exit(__doc__)
    commands[sys.argv[1]]()
