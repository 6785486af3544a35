"""A folder of notebooks as people have them, made for tests: python tests/notebook_corpus.py FOLDER

Nested folders, empty and broken files, old formats, large outputs, many scripts, and headings that are none. The
same seed makes the same corpus, and its own account of itself: which files are broken, and which heading holds the
needle."""
import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

WORDS = ('data model train error batch image layer loss metric table figure plot split seed epoch learning rate vision '
         'transformer convolution kernel stride padding dropout weight bias gradient descent optimiser schedule warmup '
         'augment crop resize normalise accuracy precision recall threshold score').split()
SCRIPTS = dict(greek='Εξαγωγή μοντέλου', russian='Экспорт модели', chinese='导出模型',
               arabic='تصدير النموذج', hindi='मॉडल निर्यात', korean='모델 내보내기',
               emoji='🚀 Schöne Größe')
TRAPS = ['```\n# Fenced heading\n```', '<!--\n# Commented heading\n-->', '    # Indented heading',
         '~~~python\n# Tilde heading\n~~~', '#Tight heading', '- a list\n- of two']
NEEDLE = 'Serialise the zebrafish classifier'


@dataclass
class Corpus:
    "What was made."
    folder: Path
    notebooks: int = 0  # that can be read
    broken: set[str] = field(default_factory=set)  # names of files that cannot be read
    traps: list[str] = field(default_factory=lambda: [
        'Fenced heading', 'Commented heading', 'Indented heading', 'Tilde heading', 'Tight heading'])


def _prose(rng: random.Random, words: int) -> str:
    return ' '.join(rng.choice(WORDS) for _ in range(words)).capitalize() + '.'


def _cells(rng: random.Random, number: int) -> list[dict]:
    cells = []
    for i in range(number):
        level = rng.choice([1, 2, 2, 3])
        trap = [rng.choice(TRAPS)] if rng.random() < .2 else []
        heading = f'{"#" * level} {_prose(rng, 3)[:-1]}'
        paragraphs = [_prose(rng, rng.randint(5, 40)) for _ in range(rng.randint(1, 4))]
        source = '\n\n'.join([heading, *paragraphs, *trap])
        cells.append(dict(cell_type='markdown', id=f'm{i}', metadata={}, source=source.splitlines(keepends=True)))
        lines = [f'{rng.choice(WORDS)}_{i} = {rng.choice(WORDS)}({rng.random():.3f})  # {_prose(rng, 4)}'
                 for _ in range(rng.randint(1, 20))]
        output = dict(output_type='stream', name='stdout', text=['# Printed heading\n', '0 ' * rng.randint(0, 2000)])
        source = '\n'.join(lines).splitlines(keepends=True)
        cells.append(dict(cell_type='code', id=f'c{i}', metadata={}, execution_count=i, outputs=[output],
                          source=source))
    return cells


def notebook(cells: list[dict], **more) -> dict:
    kernel = dict(name='python3', display_name='Python 3', language='python')
    return dict(cells=cells, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5) | more


def markdown(source: str, id: str = 'a') -> dict:
    return dict(cell_type='markdown', id=id, metadata={}, source=source)


def large_output(path: Path, megabytes: float, pieces: int = 1) -> None:
    "A notebook with an output of so many megabytes, in so many strings, written without holding it in memory."
    kilobyte = ('[{\\"A\\\\' + 'iVBORw0KGgo' * 11)[:125] * 8
    with path.open('w') as file:
        file.write('{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Large output"]}, '
                   '{"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": ["show()"], '
                   '"outputs": [{"output_type": "display_data", "metadata": {}, "data": {')
        for piece in range(pieces):
            file.write(f'{", " if piece else ""}"image/png-{piece}": "')
            for _ in range(int(megabytes * 1000 / pieces)): file.write(kilobyte)
            file.write('"')
        file.write('}}]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')


def make_corpus(folder: Path, notebooks: int = 300, megabytes: float = 50, seed: int = 0) -> Corpus:
    "Make a corpus of at least so many notebooks that can be read."
    rng, corpus = random.Random(seed), Corpus(folder)
    def put(name: str, content: dict | str | bytes) -> None:
        (path := folder/name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict): content = json.dumps(content, indent=1, ensure_ascii=False)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        corpus.notebooks += 1
    for i in range(notebooks):
        name = f'year {i % 4}/{rng.choice(WORDS)}/{i % 7}/note {i}.ipynb'
        put(name, notebook(_cells(rng, rng.randint(2, 30))))
    for script, heading in SCRIPTS.items():
        put(f'scripts/{script}.ipynb', notebook([markdown(f'# {heading}\n\n{heading} ' * 3)]))
    needle = markdown(f'## {NEEDLE}\n\nIt goes into `model.pkl`.', 'needle')
    put('needle/deep/er/and deeper/hay.ipynb', notebook([*_cells(rng, 5), needle]))
    printed = dict(output_type='pyout', text=['x'])
    old = [dict(cell_type='heading', level=2, source=['Heading of format 3']),
           dict(cell_type='code', input=['old()'], language='python', outputs=[printed])]
    put('old.ipynb', dict(nbformat=3, nbformat_minor=0, metadata=dict(name=''), worksheets=[dict(cells=old)]))
    put('no cells.ipynb', notebook([]))
    put('a.md', '# A Markdown file\n\nWith text.\n')
    put('b.qmd', '---\ntitle: "A Quarto file"\n---\n\n## In it\n\n```{python}\n# no heading\n```\n')
    put('byte order mark.ipynb', b'\xef\xbb\xbf' + json.dumps(notebook([markdown('# After a mark')])).encode())
    (folder/'large').mkdir()
    large_output(folder/'large'/'one.ipynb', megabytes); large_output(folder/'large'/'many.ipynb', 5, 1000)
    corpus.notebooks += 2
    readable = corpus.notebooks
    whole = json.dumps(notebook(_cells(rng, 3)))
    conflict = whole.replace('"metadata"', '<<<<<<< HEAD\n"metadata"', 1)
    broken = {'empty.ipynb': b'', 'cut.ipynb': whole[:len(whole) // 2], 'conflict.ipynb': conflict,
              'other.ipynb': '{"a": 1}', 'list.ipynb': '[]', 'noise.ipynb': bytes(range(256)),
              'cells.ipynb': dict(nbformat=4, cells=[1, 2]), 'future.ipynb': dict(nbformat=9, cells=[]),
              'deep.ipynb': '[' * 200_000, 'latin.md': '# Größe'.encode('latin-1')}
    for name, content in broken.items():
        put(f'broken/{name}', content)
        corpus.broken.add(name)
    passed_over = ['.ipynb_checkpoints/a-checkpoint.ipynb', '.hidden/b.ipynb', 'node_modules/c/README.md',
                   'env/site-packages/d.md']
    for name in passed_over: put(name, json.dumps(notebook([markdown(f'# {NEEDLE}')])))
    corpus.notebooks = readable
    return corpus


if __name__ == '__main__': print(make_corpus(Path(sys.argv[1])))
