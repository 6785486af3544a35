"What was known on other days: from folders named by their day, and from a clone of a git repository."
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from browser import boxes, overlap, page_with
from timm_bench.accuracy import get_accuracy
from timm_bench.choosing.cards import card
from timm_bench.choosing.comparison import compare
from timm_bench.data import get_data
from timm_bench.data import unmatched
from timm_bench.choosing.history import best_by_day, days_of, get_history
from timm_bench.charts.history import show_history
from timm_bench.models import can_fold, renames, trained_at
from timm_bench.checks import ResultsError, ResultsWarning
from timm_bench.sources.results import get_results
from timm_bench.sources.benchmarks import list_benchmarks

DAYS = ['2022-04-01', '2023-02-06', '2024-09-04', '2026-01-06']
NEWEST = DAYS[-1]
pytestmark = pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')


# as_of

@pytest.mark.parametrize('asked, is_of', [('2022-04-01', '2022-04-01'), ('2023-02-05', '2022-04-01'), ('2025-12-31', '2024-09-04'), ('2026-01-06', '2026-01-06')])
def test_folders_named_by_their_day_are_a_history(snapshots, asked, is_of):
    for source in snapshots, snapshots/NEWEST, snapshots/DAYS[0], str(snapshots), get_results(snapshots/NEWEST):
        found = get_results(source, as_of=asked)
        assert found.date == is_of and found.folder.name == is_of and is_of in found.origin


def test_a_folder_of_days_alone_means_the_newest(snapshots):
    assert get_results(snapshots).date == NEWEST
    assert get_results(snapshots).files == get_results(snapshots/NEWEST).files


def test_a_day_before_the_first_is_refused(snapshots):
    with pytest.raises(ResultsError, match='2019-01-01.*begin on 2022-04-01'): get_results(snapshots, as_of='2019-01-01')


def test_a_plain_folder_has_no_history(snapshots, tmp_path):
    shutil.copytree(snapshots/NEWEST, tmp_path/'mine', copy_function=shutil.copyfile)
    with pytest.raises(ResultsError, match='has no history'): get_data('infer', results=tmp_path/'mine', as_of='2022-04-01')


def test_the_variable_may_name_a_folder_of_days(snapshots, cache, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(snapshots))
    assert get_results().date == NEWEST and get_results(as_of='2023-06-01').date == '2023-02-06'


@pytest.mark.parametrize('source', ['folders', 'clone'])
def test_every_function_that_reads_results_takes_as_of(snapshots, timm_repository, cache, monkeypatch, source):
    monkeypatch.setenv('TIMM_BENCH_URL', timm_repository.folder.as_uri())
    options, then = dict(results=snapshots if source == 'folders' else None, as_of='2023-12-31'), snapshots/'2023-02-06'
    same = lambda one, other: pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))
    same(get_data('infer', **options), get_data('infer', results=then))
    same(get_accuracy('sketch', **options), get_accuracy('sketch', results=then))
    same(get_accuracy(sets='all', **options), get_accuracy(sets='all', results=then))
    same(unmatched('train', **options), unmatched('train', results=then))
    same(list_benchmarks(**options), list_benchmarks(then))
    same(compare('pt112 nhwc', 'pt113 nhwc', **options), compare('pt112 nhwc', 'pt113 nhwc', results=then))
    assert card('resnet50', **options)['accuracy'] == card('resnet50', results=then)['accuracy']
    assert get_results(**options).date == '2023-02-06'


# history

def arch(name): return renames().get(name, name).partition('.')[0]


@pytest.mark.parametrize('words', [None, 'i7_12700h', 'rtx5090 compiled'])
def test_a_history_is_a_plain_merge_of_each_days_accuracies_with_one_files_speeds(snapshots, words):
    history = get_history(benchmark=words, results=snapshots)
    file = history.attrs['files'][0]
    speed = pd.read_csv(snapshots/NEWEST/file, thousands=',')
    speed = speed[speed.infer_samples_per_sec > 0].drop_duplicates(['model', 'infer_img_size'])
    assert sorted(history.as_of.unique()) == DAYS and history.groupby(['arch', 'infer_img_size']).secs.nunique().max() == 1
    for day in DAYS:
        table = pd.read_csv(snapshots/day/'results-imagenet.csv', thousands=',').drop_duplicates(['model', 'img_size'])
        table = table.assign(arch=table.model.map(arch))
        table = table[~table.arch.str.endswith('gn') & ~table.arch.str.startswith('test_')]
        plain = table.merge(speed, left_on=['arch', 'img_size'], right_on=['model', 'infer_img_size'], suffixes=('', '_speed'))
        plain = plain[~(plain.arch.map(can_fold) & (plain.param_count_speed < plain.param_count))]
        rows = history[history.as_of == day].merge(plain, on=['model', 'img_size'], suffixes=('', '_plain'))
        assert len(rows) == len(plain) > 400
        assert (rows.top1 == rows.top1_plain).all() and np.allclose(rows.secs, 1 / rows.infer_samples_per_sec_plain)
        assert (history.as_of == day).sum() - len(plain) <= 3  # the file itself may use an old name


def test_models_that_ran_folded_are_left_out_of_a_history_and_counted(snapshots, monkeypatch):
    monkeypatch.setattr('timm_bench.checks._said', set())  # nothing, as in a new process
    with pytest.warns(ResultsWarning, match='models left out of the history: they ran with their branches folded'):
        history = get_history(benchmark='rtx5090 compiled', results=snapshots)
    newest = get_data('infer', benchmark=history.attrs['files'][0], keep=None, weights='all', results=snapshots/NEWEST)
    folded = newest[newest.folded]
    assert len(folded) > 20 and history.attrs['folded'] >= folded.arch.nunique() and not set(history.arch) & set(folded.arch)
    left_out = f"{history.attrs['folded']} left out that ran with their branches folded"
    assert left_out in show_history(history, '', 'infer_img_size').layout.title.subtitle.text
    plain = get_history(results=snapshots)  # the default file is older
    assert plain.attrs['folded'] == 0 and 'folded' not in show_history(plain, '', 'infer_img_size').layout.title.subtitle.text


@pytest.mark.parametrize('day', DAYS)
def test_on_the_day_of_the_benchmark_itself_a_history_is_what_get_data_gives(snapshots, day):
    history, today = get_history([day], results=snapshots/day), get_data('infer', results=snapshots/day, keep=None, weights='all')
    rows = today.merge(history, on=['model', 'img_size'], suffixes=('', '_then'))
    assert len(rows) == len(today) <= len(history) <= len(today) + 3 and (rows.top1 == rows.top1_then).all()
    assert (rows.secs / rows.secs_then).median() == 1


def test_training_has_a_history_too(snapshots):
    history = get_history(part='train', results=snapshots)
    for day, rows in history.groupby('as_of'):
        best = pd.read_csv(snapshots/day/'results-imagenet.csv', thousands=',').groupby('model').top1.max()
        assert not rows.duplicated(['model', 'train_img_size']).any() and (rows.top1 == rows.model.map(best)).all()
        trained = rows.model.map(trained_at).astype(float)
        tagged = rows.model.str.contains('.', regex=False) & trained.notna()
        assert ((rows.train_img_size - trained).abs() <= trained / 8)[tagged].all()


def test_the_best_of_each_day_is_a_plain_maximum(snapshots):
    history = get_history(results=snapshots)
    table = best_by_day(history)
    assert len(table) == 3 * len(DAYS)
    for row in table.itertuples():
        fits = history[(history.as_of == row.as_of) & (history.secs <= float(row.under.removesuffix('ms')) / 1000)]
        assert row.top1 == fits.top1.max() and row.model in set(fits.model[fits.top1 == row.top1])
    for _, rows in table.groupby('under'): assert np.allclose(rows.gain[1:], np.diff(rows.top1)) and np.isnan(rows.gain.iloc[0])
    print('\n' + table[['under', 'as_of', 'model', 'top1', 'gain', 'error']].round(2).to_string())


def test_the_history_of_a_clone(snapshots, timm_repository, cache, monkeypatch):
    "The ends of the years, and the newest day; those before the results began are left out, and that is said."
    monkeypatch.setenv('TIMM_BENCH_URL', timm_repository.folder.as_uri())
    assert days_of() == [*(f'{year}-12-31' for year in range(2019, 2026)), NEWEST]
    with pytest.warns(ResultsWarning, match='no accuracies as of 2019-12-31, 2020-12-31, 2021-12-31'): history = get_history()
    assert list(history.attrs['days']) == ['2022-12-31', '2023-12-31', '2024-12-31', '2025-12-31', NEWEST]
    own = get_history(results=snapshots).set_index('as_of')
    for asked, day in {'2022-12-31': DAYS[0], '2023-12-31': DAYS[1], '2025-12-31': DAYS[2], NEWEST: NEWEST}.items():
        assert (history.top1[history.as_of == asked].to_numpy() == own.loc[day].top1.to_numpy()).all()
    assert get_history(['2023-01-01'], results=get_results()).attrs['days'] == {'2023-01-01': len(own.loc[DAYS[0]])}
    with pytest.raises(ResultsError, match='begin on 2022-04-01'): get_history(['2020-01-01'])


def test_the_earliest_days_of_a_clone_may_lack_the_table(small_repository, cache, monkeypatch):
    "As timm's own do: results under other file names, then the table of today."
    table = 'model,img_size,top1,top1_err,top5,top5_err,param_count\nresnet50,224,80,20,95,5,25.56\n'
    (small_repository.folder/'results'/'results-imagenet.csv').write_text(table)
    small_repository.commit('2025-03-01')
    monkeypatch.setenv('TIMM_BENCH_URL', small_repository.folder.as_uri())
    history = get_history()
    assert history.attrs['days'] == {'2025-03-01': 1} and '2024-12-31' in history.attrs['skipped']
    assert 'results-imagenet.csv: not in' in history.attrs['skipped']['2024-12-31'] and 'begin on 2024-01-01' in history.attrs['skipped']['2023-12-31']


@pytest.mark.parametrize('call, says', [
    (lambda r: get_history(['soon'], results=r), "as_of='soon': give a day as YYYY-MM-DD"),
    (lambda r: get_history(part='both', results=r), "part='both': give one of 'infer', 'train'"),
    (lambda r: get_history(accuracy='imagenet-c', results=r), "accuracy='imagenet-c': give one of 'imagenet'"),
    (lambda r: get_history(benchmark='abacus', results=r), "no benchmark of part 'infer' fits at 'abacus'"),
    (lambda r: best_by_day(get_history(results=r), ['5 parsecs']), "under='5 parsecs': give seconds per image"),
    (lambda r: best_by_day(get_data('infer', results=r).drop(columns='as_of')), "no column 'as_of'"),
    (lambda r: show_history(get_data('infer', results=r).drop(columns='as_of'), '', 'infer_img_size'), "day='as_of': no such column"),
])
def test_bad_input_is_answered_in_one_line_with_the_choices(snapshots, call, says):
    with pytest.raises(ResultsError) as caught: call(snapshots)
    assert says in str(caught.value) and '\n' not in str(caught.value)


# the chart

SLIDE = """place => {
    const chart = document.querySelector('.plotly-graph-div')
    return Plotly.update(chart, ...chart.layout.sliders[0].steps[place].args)
}"""


def test_the_slider_shows_each_day_with_its_names(snapshots, chromium):
    history = get_history(results=snapshots)
    fig = show_history(history, 'History', 'infer_img_size')
    page = page_with(chromium, fig)
    page.wait_for_selector('.slider-group')
    for place, day in enumerate(DAYS):
        page.evaluate(SLIDE, place)
        subtitle = page.locator('.gtitle-subtitle').text_content()
        assert f'as of {day}: {(history.as_of == day).sum():,} models' in subtitle
        assert 'speeds of one benchmark for all days' in subtitle
        edge = int(re.search(r'(\d+) on the frontier', subtitle)[1])
        names = boxes(page, '.annotation-text-g text')
        assert len(names) == int(re.search(r'(\d+) of them named|$', subtitle)[1] or edge) >= .8 * edge
        for i, name in enumerate(names):
            left, top, right, _ = name
            assert left >= 0 and top >= 0 and right <= 1000
            assert not any(overlap(name, other) for other in names[:i])
    labels = boxes(page, '.slider-label, .gtitle, .xtitle, .legend')
    assert len(labels) >= 7
    for left, _, right, bottom in labels: assert left >= 0 and right <= 1000 and bottom <= fig.layout.height
