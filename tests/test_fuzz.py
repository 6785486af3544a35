"""Every public function under arguments drawn by chance: it answers, or it refuses in one line that names what was wrong. Nothing else ever comes out.

Here a few draws of each; the nightly profile has 620 of each, over 20,000 in all: python tests/benchmarks/trouble.py fuzz"""
import inspect
import os
import shutil
import string
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pandas as pd
import plotly.graph_objects as go
import pytest
from conftest import PROJECT
from PIL import Image
from hypothesis import given, settings
from hypothesis import strategies as st

import timm_bench
from timm_bench import ResultsError
from timm_bench.web.explorer import Explorer
from timm_bench.models import UnknownModel

NIGHTLY = settings().max_examples == settings.get_profile('nightly').max_examples
by_chance = settings() if NIGHTLY else settings.get_profile('short')  # a few draws, unless the nightly profile was asked for

# What may be drawn

WORDS = st.sampled_from(['', ' ', 'resnet50', 'resnet50.a1_in1k', 'convnext_tiny_in22ft1k', 'vgg11', 'infer', 'train', 'amp nhwc', 'rtx3090', '3090', 'newest', 'imagenet', 'a', 'real', 'best', 'all',
                         '5ms', '200/s', '-1', '0', 'nan', 'inf', '1e400', '(', '[', '*', '.*',
                         'secs', 'top1', 'family', 'model', 'infer_img_size', '2022-04-01', '2022-13-01', 'HEAD', '--all', '../..', '/dev/null',
                         'a\nb', '\0', 'é', '１２', 'in22k', 'apache-2.0', 'mit', 'x' * 300])
TEXT = WORDS | st.text(string.printable + 'é\u2028\x00', max_size=20)
NUMBERS = st.integers(-10, 10**6) | st.floats() | st.sampled_from([0, 1, 224, -1, 10**30, True])
ODD_CELLS = st.sampled_from([None, float('nan'), float('inf'), float('-inf'), -1.0, 0, 10**30, 1e-320, True, 'word', '', pd.NA, pd.NaT])
ANYTHING = st.none() | TEXT | NUMBERS | st.booleans() | st.lists(TEXT, max_size=3) | st.dictionaries(TEXT, NUMBERS, max_size=2) | st.just(object())


def inside(value: Any) -> bool:
    "Whether a value, taken for a path, stays in the working folder; so that nothing is written, or looked for, all over the disk."
    return not isinstance(value, str) or value in ('../..', '/dev/null') or not (value.startswith(('/', '~')) or '..' in value)


def one_of(*values, other=ANYTHING):
    "Five times in six one of the values that make sense, so that some calls get as far as an answer."
    return st.integers(0, 5).flatmap(lambda chance: st.sampled_from(values) if chance else other)


PATH = ANYTHING.filter(inside)
FEW = ['resnet50', 'resnet18', 'vgg11', 'convnext_tiny', 'efficientnet_b0', 'vit_tiny_patch16_224', 'mobilenetv3_large_100', 'levit_128', 'regnetx_004',
        'beit_base_patch16_224', 'convnext_nano', 'densenet121']
RESULTS = one_of(None, '2023-02-06', Path('2023-02-06'), 'notes', 'own.csv', other=PATH)
PART, SETS, AS_OF, FLAG = one_of('infer', 'train'), one_of('imagenet', 'real', 'a'), one_of(None, '2022-04-01', '2022-12-31'), one_of(True, False)
MODEL = one_of('resnet50', 'vgg11', 'convnext_tiny.fb_in1k', other=TEXT)
BENCHMARK, WEIGHTS = one_of(None, 'rtx3090', 'rtx4090 nhwc', 'epyc_1core'), one_of('best', 'all')
COUNT = one_of(1, 2, 3)
TITLE, COLUMN = TEXT, one_of('secs', 'top1', 'infer_img_size', 'param_count_x', 'infer_gmacs', 'infer_samples_per_sec', other=TEXT)
SIZE, CHARTED = one_of(224, 288), dict(title=TITLE, size=one_of('infer_img_size', other=COLUMN), x=COLUMN, y=COLUMN)
NAMED_SETS = one_of(None, ['real'], ['v2', 'a'], ['r', 'sketch', 'r'], [])
BLEND = SETS | st.dictionaries(st.sampled_from(['imagenet', 'a', 'real']), NUMBERS, max_size=2)
MODELS_TO_MEASURE = one_of('resnet18', 'resnet18.a1_in1k', ['vgg11', 'resnet18'], 'resnet18*').filter(lambda word: not isinstance(word, str) or not word or word == 'resnet18*' or word.strip('*?.'))


class Frame(NamedTuple):
    """Stands for a frame of some kind, without some columns or rows, or with cells or types that do not belong: in one row, or in a whole column;
    and with an index of its columns' names."""
    kind: str
    dropped: list[int]  # columns
    rows: int | None
    odd: list[tuple[int, Any, bool, bool]]  # column, cell, in all rows, as objects
    index: tuple[int, ...] | list[int] = ()  # columns that are in the index too

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        columns = [*frame]
        damaged = frame.drop(columns=[columns[i % len(columns)] for i in self.dropped]).head(len(frame) if self.rows is None else self.rows).copy()
        for place, cell, whole, objects in self.odd:
            if (column := columns[place % len(columns)]) not in damaged: continue
            if whole or damaged.empty: damaged[column] = cell
            else: damaged[column] = pd.Series([cell, *damaged[column].tolist()[1:]], damaged.index, object if objects else None)
        indexed = [name for name in dict.fromkeys(columns[i % len(columns)] for i in self.index) if name in damaged]
        return damaged.set_index(indexed, drop=False) if indexed else damaged


def frames(kind: str):
    odd = st.lists(st.tuples(st.integers(0, 30), ODD_CELLS, st.booleans(), st.booleans()), max_size=2)
    index = st.just([]) | st.lists(st.integers(0, 30), min_size=1, max_size=2)
    return st.builds(Frame, st.just(kind), st.lists(st.integers(0, 30), max_size=2) | st.just([]), st.none() | st.integers(0, 2), odd, index) | st.builds(Frame,
            st.just(kind), st.just([]), st.none(), st.just([]), index)


OWN = st.integers(0, 5).flatmap(lambda chance: [frames('own'), frames('own'), frames('own'), frames('data'), st.just('own.csv'), PATH][chance])


class Fuzzed(NamedTuple):
    "How a function is called: a strategy for each of its parameters; and what it answers with."
    arguments: dict[str, Any]
    answer: type | tuple[type, ...]


READING = dict(benchmark=BENCHMARK, accuracy=SETS, results=RESULTS, as_of=AS_OF)
FILTERS = dict(params=one_of('30M'), license=one_of('commercial', ['mit', 'apache-2.0']), family=one_of('resnet', ['vgg', 'convnext']), min_accuracy=one_of(None, 70, 99.5))
NAMES = dict.fromkeys(['split_name', 'current_name', 'family', 'pretrain', 'license'], Fuzzed(dict(name=one_of('resnet50', 'convnext_tiny_in22ft1k',
        'vgg11.tv_in1k', 'tf_efficientnet_b0', other=TEXT)), (str, tuple, type(None))))
NAMES['family'] = Fuzzed(NAMES['family'].arguments | dict(among=one_of(None, FEW), vendors=FLAG), (str, type(None)))
READERS = {
    'get_results': Fuzzed(dict(results=RESULTS, rev=one_of(None), as_of=AS_OF, update=FLAG), timm_bench.Results),
    'list_benchmarks': Fuzzed(dict(results=RESULTS, as_of=AS_OF), pd.DataFrame),
    'get_data': Fuzzed(dict(part=PART, col=TEXT | ANYTHING, **READING, weights=WEIGHTS, vendors=FLAG, keep=one_of(None, 'resnet')), pd.DataFrame),
    'unmatched': Fuzzed(dict(part=PART, **READING, side=one_of('benchmark', 'accuracy'), superseded=FLAG), pd.DataFrame),
    'get_accuracy': Fuzzed(dict(accuracy=SETS, sets=NAMED_SETS, results=RESULTS, as_of=AS_OF), pd.DataFrame),
    'get_history': Fuzzed(dict(days=one_of(None, ['2022-04-01'], other=st.lists(AS_OF, max_size=3) | ANYTHING), part=PART, benchmark=BENCHMARK, results=RESULTS, accuracy=SETS), pd.DataFrame),
    'compare': Fuzzed(dict(a=BENCHMARK | frames('data') | st.just(Path('own.csv')), b=BENCHMARK | frames('data'), part=PART, batches=one_of('all', 'same'), prices=one_of(None, ('$1/h', '$2/h at 40%')),
            results=RESULTS, as_of=AS_OF), pd.DataFrame),
    'card': Fuzzed(dict(model=one_of('vgg11', other=MODEL | ANYTHING), results=RESULTS, as_of=AS_OF), dict),
    'versus': Fuzzed(dict(a=one_of('vgg11', 'resnet50', other=MODEL | ANYTHING), b=one_of('resnet50', other=MODEL | ANYTHING), size=SIZE, benchmark=BENCHMARK, results=RESULTS, as_of=AS_OF), dict),
    'pick_models': Fuzzed(dict(n=one_of(2, 3, 5, 9), part=PART, public=BENCHMARK, among=one_of(None, FEW, other=st.lists(MODEL, max_size=9) | ANYTHING), results=RESULTS), pd.DataFrame),
    'estimate': Fuzzed(dict(own=OWN, part=PART, public=BENCHMARK, results=RESULTS, accuracy=SETS, weights=WEIGHTS, vendors=FLAG, keep=one_of(None, 'resnet')),
                       pd.DataFrame),
    'get_fine_tuning': Fuzzed(dict(runs=one_of(None, other=PATH)), pd.DataFrame),
    'promising': Fuzzed(dict(data_set=one_of('pets', 'planet'), n=COUNT, results=RESULTS), pd.DataFrame),
    'explorer': Fuzzed(dict(results=RESULTS, own=st.none() | st.just('own.csv') | frames('data') | st.lists(frames('data') | PATH,
            max_size=2) | st.dictionaries(TEXT, frames('data') | PATH, max_size=2) | PATH,
                            out=st.none() | st.just('page.html') | PATH, title=TEXT | ANYTHING), Explorer)}
CHOICES = {
    **{f'show_{what}': Fuzzed(dict(df=frames('data'), **CHARTED), go.Figure) for what in ('all', 'params')},
    'show_frontier': Fuzzed(dict(df=frames('data'), **CHARTED, **FILTERS), go.Figure),
    'show_subs': Fuzzed(dict(df=frames('data'), **CHARTED, subs=TEXT | ANYTHING, families=one_of(None, ['vgg', 'resnet'], 'vgg')), go.Figure),
    'show_history': Fuzzed(dict(df=frames('history'), **CHARTED), go.Figure),
    'show_compare': Fuzzed(dict(comparison=frames('comparison'), title=TITLE, most=COUNT), go.Figure),
    'show_robustness': Fuzzed(dict(df=frames('accuracy'), title=TITLE, sets=NAMED_SETS, trend=one_of('in1k', 'all'), names=COUNT), go.Figure),
    'effective_robustness': Fuzzed(dict(df=frames('accuracy'), sets=NAMED_SETS, trend=one_of('in1k', 'all')), pd.DataFrame),
    'best_by_day': Fuzzed(dict(history=frames('history'), budgets=st.lists(one_of('1ms', '5ms', .02), max_size=3) | ANYTHING), pd.DataFrame),
    'frontier': Fuzzed(dict(df=frames('data'), x=COLUMN, y=COLUMN, x_best=one_of('low', 'high'), y_best=one_of('low', 'high'), **FILTERS, n=COUNT, sort=one_of('accuracy', 'speed')), pd.DataFrame),
    'rank_correlations': Fuzzed(dict(df=frames('data'), columns=one_of('secs', ['top1', 'secs'], other=st.lists(TEXT, max_size=2) | ANYTHING), of=one_of('top1', other=COLUMN), draws=one_of(2, 20, other=COUNT)), pd.DataFrame),
    'with_cost': Fuzzed(dict(df=frames('data'), price=one_of('$0.69/h', '$1/h at 40%')), pd.DataFrame),
    'better_than': Fuzzed(dict(df=frames('data'), sort=one_of('accuracy', 'speed'), model=one_of('vgg11', other=MODEL | ANYTHING), size=SIZE, accuracy=BLEND, **FILTERS, n=COUNT, results=RESULTS), pd.DataFrame),
    'best': Fuzzed(dict(df=frames('data'), n=COUNT, sort=one_of('accuracy', 'speed'), under=one_of('5ms', '200/s'), **FILTERS, macs=one_of('5G'), acts=one_of('20M'), size=SIZE, memory=one_of(None, '500MB'), price=one_of(None, '$0.69/h'),
                        pretrain=one_of(None, 'in1k'), accuracy=BLEND, results=RESULTS), pd.DataFrame)}
WRITERS = {
    'probe': Fuzzed(dict(images=one_of('pictures', 'pictures/red', 'notes', other=PATH), models=one_of(None, 'vgg11', ['vgg11', 'resnet18'], other=MODEL | ANYTHING), under=one_of(None, '5ms'), params=one_of(None, '30M'),
                         license=one_of(None, 'commercial'), family=one_of(None, 'resnet'), n=COUNT, weights=one_of(None, other=PATH), folds=one_of(2, 3, other=COUNT), benchmark=one_of(None, 'epyc_1core', other=BENCHMARK),
                         runtime=one_of('eager', other=TEXT), results=RESULTS, permute=FLAG, broken=one_of('refuse', 'skip'), executor=one_of(None), batch_size=one_of(1, 32), quiet=FLAG, engine=one_of('pixel_engine', 'no_such_engine', other=TEXT)), pd.DataFrame),
    'measure': Fuzzed(dict(models=MODELS_TO_MEASURE, device=one_of('auto', 'cpu', 'cuda'), batch_size=one_of(None, 1, 2), img_size=one_of(None, 224),
            precision=one_of('fp32', 'amp'), layout=one_of('nchw', 'nhwc'),
                           compile=FLAG, runtime=one_of('eager', ['eager', 'openvino']), threads=one_of(None, 1), part=PART, out=one_of('measured', other=PATH), resume=FLAG, executor=one_of(None), processes=one_of(None, 1), seconds=one_of(1, 10),
                           timeout=one_of(30, 600), quiet=FLAG, engine=one_of('fake_engine', 'no_such_engine', other=TEXT)), pd.DataFrame),
    'fastnbs': Fuzzed(dict(query=one_of('speed', '"of all"', 'spede'), path=one_of('notes', 'notes/good.ipynb', other=PATH), context=one_of('heading', 'cell',
            'section', 'subsections'), fuzzy=FLAG, limit=COUNT), list),
    'fastlistnbs': Fuzzed(dict(path=one_of('notes', 'notes/good.ipynb', 'notes/broken.ipynb', other=PATH)), list),
    'ipy2md': Fuzzed(dict(nb=one_of('notes/good.ipynb', 'notes/broken.ipynb', 'notes', other=PATH), out=one_of('made.md', 'notes', 'notes/page.md', other=PATH), outputs=FLAG), Path)}
METHODS = {'Results.read': Fuzzed(dict(name=one_of('results-imagenet.csv'), needs=one_of(['model'], ['model', 'top1'], other=st.lists(TEXT, max_size=2))), pd.DataFrame)}
FUNCTIONS = NAMES | READERS | CHOICES | WRITERS | METHODS
NOT_FUZZED = {'ResultsError': 'is raised, not called', 'ResultsWarning': 'is warned with, not called', 'Results': 'holds what get_results was given; its method read is fuzzed'}

# Where it is drawn

def few_rows(file: Path) -> str:
    "Of a table, the header and the rows of a few architectures."
    head, *rows = file.read_text().splitlines()
    return '\n'.join([head, *(row for row in rows if row.split(',')[0].split('.')[0] in FEW), ''])


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    "A working folder with the results of two days, small enough to be read a thousand times, a benchmark of one's own, and a few notebooks."
    where = tmp_path_factory.mktemp('fuzz')/'deep'/'within'/'it'
    for day in ['2022-04-01', '2023-02-06']:
        (where/day).mkdir(parents=True)
        for file in (PROJECT/'timm_bench'/'bundled'/'results').glob('*.csv'):
            text = few_rows(file)
            (where/day/file.name).write_text(text)
            for device in ['rtx3090', 'rtx4090']: (where/day/file.name.replace('fp32-nchw-pt2141-cpu-epyc_1core', f'amp-nhwc-pt240-cu124-{device}')).write_text(text)
    shutil.copy(where/day/'benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv', where/'own.csv')
    (where/'notes').mkdir()
    cells = [nbformat.v4.new_markdown_cell('# Speed\nof all models'), nbformat.v4.new_code_cell('1 + 1', outputs=[nbformat.v4.new_output('stream', text='2\n')])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), where/'notes'/'good.ipynb')
    (where/'notes'/'broken.ipynb').write_text('{"cells": [')
    (where/'notes'/'page.md').write_text('# Speed\n')
    for number in range(8):  # pictures of two classes
        colour = ('red', 'blue')[number % 2]
        (where/'pictures'/colour).mkdir(parents=True, exist_ok=True)
        Image.new('RGB', (16 + number, 16), colour).save(where/'pictures'/colour/f'{number}.png')
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith('TIMM_BENCH_')]: patch.delenv(name)
        for name, value in dict(RESULTS=where/'2023-02-06', CACHE=where/'cache', URL='http://127.0.0.1:9/nowhere', FINE_TUNING_URL='http://127.0.0.1:9/nowhere').items(): patch.setenv(f'TIMM_BENCH_{name}', str(value))
        patch.chdir(where)
        patch.syspath_prepend(PROJECT/'tests'/'transfer')  # where pixel_engine is
        yield where


@cache
def sound_frame(place: Path, kind: str) -> pd.DataFrame:
    "What the functions that make frames make of the folder."
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        everything = dict(keep=None, weights='all')
        makers = dict(data=lambda: timm_bench.get_data('infer', **everything), accuracy=lambda: timm_bench.get_accuracy(sets='all'), history=timm_bench.get_history,
                      comparison=lambda: timm_bench.compare('rtx3090', 'epyc_1core'), own=lambda: pd.read_csv(place/'own.csv'))
        frame = makers[kind]()
        assert len(frame) > 4
        return frame


def with_frames(value: Any, place: Path) -> Any:
    "An argument, with what stands for frames replaced by them."
    if isinstance(value, Frame): return value.of(sound_frame(place, value.kind))
    if isinstance(value, list): return [with_frames(each, place) for each in value]
    return {key: with_frames(each, place) for key, each in value.items()} if isinstance(value, dict) else value


def outcome(work, answer) -> str:
    "'answered', or 'refused' with one of the documented errors in one line that says something; fails for anything else."
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: found = work()
        except (ResultsError, UnknownModel) as error:
            message = str(error)
            assert 8 < len(message) < 3000 and len(message.splitlines()) == 1, message
            return 'refused'
    assert isinstance(found, answer)
    return 'answered'


def function_of(name: str):
    if name == 'Results.read': return lambda **arguments: timm_bench.get_results('2023-02-06').read(**arguments)
    found = getattr(timm_bench, name)
    return getattr(found, name) if inspect.ismodule(found) else found  # a module of the same name, once it was imported


def parameters(name: str) -> dict[str, inspect.Parameter]:
    "The parameters of a public function, by name."
    found = inspect.signature(timm_bench.Results.read if name in METHODS else function_of(name)).parameters
    return {name: parameter for name, parameter in found.items() if name != 'self'}


@pytest.fixture
def counts(request, record_property):
    "How often a function answered or refused; reported with the test."
    found = Counter()
    yield found
    record_property('fuzz', f'{request.node.callspec.params["name"]} {found["answered"]} {found["refused"]}')


@pytest.mark.parametrize('name', FUNCTIONS)
@by_chance
@given(data=st.data())
def test_it_answers_or_refuses(place, counts, name, data):
    needed = {argument for argument, parameter in parameters(name).items() if parameter.default is parameter.empty}
    strategies = FUNCTIONS[name].arguments
    arguments = data.draw(st.fixed_dictionaries({argument: strategies[argument] for argument in needed}, optional={k: v for k, v in strategies.items() if k not in needed}))
    counts[outcome(lambda: function_of(name)(**with_frames(arguments, place)), FUNCTIONS[name].answer)] += 1


def test_every_argument_of_every_public_function_is_drawn():
    assert set(timm_bench.__all__) == {name for name in FUNCTIONS if name not in METHODS} | set(NOT_FUZZED)
    for name, fuzzed in FUNCTIONS.items(): assert set(parameters(name)) == set(fuzzed.arguments), name


def test_the_nightly_profile_is_large(): assert len(FUNCTIONS) * settings.get_profile('nightly').max_examples >= 20_000
