"The cells of an executed notebook, made fit for a page."
from __future__ import annotations

import ast
import json
import re

import nbformat


def raw(html: str) -> nbformat.NotebookNode:
    "A cell of HTML, as Quarto writes it."
    return nbformat.v4.new_markdown_cell(f'```{{=html}}\n{html}\n```')


def html_output(html: str) -> nbformat.NotebookNode:
    "HTML as an output of a cell."
    return nbformat.v4.new_output('display_data', data={'text/html': html})


def html_of(output: nbformat.NotebookNode) -> str:
    "The HTML of an output, if it has any."
    return ''.join(output.get('data', {}).get('text/html', ''))


USING = re.compile(r'^using .+\n', re.M)


def without_stderr(notebook: nbformat.NotebookNode) -> None:
    "Take out what a notebook says on standard error, and where its results are from, which its charts say as well."
    for cell in notebook.cells:
        if 'outputs' not in cell: continue
        cell.outputs = [output for output in cell.outputs if output.get('name') != 'stderr']
        for output in cell.outputs:
            if output.get('name') == 'stdout': output.text = USING.sub('', ''.join(output.text), count=1)
        cell.outputs = [output for output in cell.outputs if output.get('name') != 'stdout' or output.text]


TERMINAL_CODES = re.compile(r'\\u001b(\[[0-9;?]*[A-Za-z]|\].*?(\\u001b\\\\|\\u0007))')  # in JSON
WARNING = re.compile(r'^\S*ipykernel\S*:\d+: (\w+:)\s+(.*\n)(?:  .*\n|\n)?', re.M)  # its place, kind, text and line


def tidy(notebook: nbformat.NotebookNode, places: dict[str, str]) -> None:
    """Take out what only matters on the machine that ran a notebook.

    That is: names of its folders, its terminal's codes, the place in a kernel that warned, and pandas' own styles."""
    for cell in notebook.cells:
        if 'outputs' not in cell: continue
        text = TERMINAL_CODES.sub('', json.dumps(joined(cell.outputs)))
        for place, name in places.items(): text = text.replace(json.dumps(place)[1:-1], name)
        cell.outputs = [nbformat.from_dict(output) for output in json.loads(text)]
        for output in cell.outputs:
            if output.get('name') == 'stderr': output.text = WARNING.sub(r'\1 \2', ''.join(output.text))
            elif html := html_of(output):
                html = re.sub(r'<style scoped>.*?</style>\s*', '', html, flags=re.S)
                output.data['text/html'] = html.replace('<th></th>', '<td></td>')  # a heading without words is none


def joined(outputs: list) -> list:
    """The outputs of a cell that say something, with what it printed in one piece for each stream.

    A kernel hands over what is printed in the chunks in which it happened to arrive."""
    found, printed = [], {}
    for output in outputs:
        if not ''.join(output.get('data', {}).get('text/plain', 'a picture')).strip(): continue
        if output.output_type == 'stream' and output.name in printed:
            printed[output.name].text += output.text
            continue
        if output.output_type == 'stream': printed[output.name] = output
        else: printed = {}
        found.append(output)
    return [output for output in found if output.output_type != 'stream' or output.text.strip()]


def show_shell(notebook: nbformat.NotebookNode) -> None:
    "Show cells of shell commands as such rather than as Python."
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == 'code' and (found := re.match(r'%%(?:sh|bash)\n', cell.source)):
            cells.append(nbformat.v4.new_markdown_cell(f'```sh\n{cell.source[found.end():]}\n```'))
            cell.source = '#| echo: false'
        cells.append(cell)
    notebook.cells = cells


def keep_from_running(notebook: nbformat.NotebookNode) -> None:
    "Have the doc processors run only what the reference is made from: exported cells and plain imports."
    for cell in notebook.cells:
        if cell.cell_type != 'code' or re.search(r'^#\| *export', cell.source, re.M): continue
        if not only_imports(cell.source): cell.source = f'#| eval: false\n{cell.source}'


def only_imports(source: str) -> bool:
    "Whether a cell does nothing but import."
    try: statements = ast.parse(source).body
    except SyntaxError: return False  # a magic command
    return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in statements)
