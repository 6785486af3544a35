"README.md, from index.ipynb, and the table of answers that both begin with."
from __future__ import annotations

import re

import nbformat
from project import NBS, PROJECT, settings


def readme() -> None:
    "Write README.md: the cells of index.ipynb, code as code."
    parts = []
    for cell in nbformat.read(NBS/'index.ipynb', as_version=4).cells:
        if cell.cell_type == 'markdown':
            parts.append(cell.source)
            continue
        if re.search(r'^#\| echo: false$', cell.source, re.M):
            parts += [''.join(output.data['text/markdown']) for output in cell.outputs]
            continue
        options = dict(re.findall(r'^#\| ([\w-]+): "?(.*?)"?$', cell.source, re.M))
        code = re.sub(r'^#\|.*\n', '', cell.source, flags=re.M)
        parts.append(f'```python\n{code}\n```')
        if 'fig-alt' in options: parts.append(f"![{options['fig-alt']}]({NBS.name}/images/{options['label']}.png)")
    text = re.sub(r'\[([^\]]+)\]\(([\w/]+)\.(ipynb|html)\)', lambda found: link(*found.groups()), '\n\n'.join(parts))
    (PROJECT/'README.md').write_text(text + '\n', encoding='utf-8')


def link(text: str, page: str, kind: str) -> str:
    "A link to the published site, if settings.ini names one; else to the notebook, and to what only a site has none."
    if url := settings()['url']: return f'[{text}]({url}/{page}.html)'
    return f'[{text}]({NBS.name}/{page}.ipynb)' if kind == 'ipynb' else text


def refresh_answers() -> None:
    "Write the first answers into index.ipynb, from the results at hand."
    from timm_bench.choosing.answers import answers, answers_as_markdown
    front = nbformat.read(NBS/'index.ipynb', as_version=4)
    for cell in front.cells:
        if 'answers_as_markdown' not in cell.source: continue
        data = {'text/markdown': answers_as_markdown(answers())}
        cell.outputs = [nbformat.v4.new_output('display_data', data=data)]
    nbformat.write(front, NBS/'index.ipynb')
