"Published fine-tuning runs: the figures that the package carries, where runs are read from, and how they are joined, judged and shown."
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import program
from conftest import PROJECT, Repository

import timm_bench.checks
from timm_bench import best, better_than, card, frontier, get_accuracy, get_data, get_fine_tuning, promising, rank_correlations, unmatched
from timm_bench.checks import ResultsError, ResultsWarning
from timm_bench.columns import FINE_TUNED
from timm_bench.models import all_weights
from timm_bench.sources import fine_tuning
from timm_bench.sources.fine_tuning import FILE, carried, figures, read_runs, reliability, summed_up, tuned_accuracy, without_errors
from timm_bench.web.points import explorer_data

RUNS = PROJECT/'..'/'shared'/'fine-tuning'/FILE


@pytest.fixture(scope='session')
def runs() -> Path:
    if RUNS.is_file(): return RUNS.resolve()
    pytest.skip(f'no {FILE} beside the project')


@pytest.fixture
def newest(snapshots, cache): return snapshots/'2026-01-06'


def small(folder: Path, *more: tuple) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [('pets', 'resnet18', 2.0, error, .3, .1, 100.) for error in (.10, .12, .11, .08, .09, .085)]
    columns = ['dataset', 'model_name', 'GPU_mem', 'error_rate', 'valid_loss', 'train_loss', 'fit_time']
    pd.DataFrame([*rows, *more], columns=columns).to_csv(folder/FILE, index=False)
    return folder


# The figures that are carried

def test_the_figures_are_those_of_the_file(runs):
    table = read_runs(runs)
    assert len(table) == 894 and table.model_name.nunique() == 92
    own = summed_up(table[table.model_name.isin(carried()['weights'])])
    kept = pd.DataFrame(carried()['figures'], columns=carried()['columns'])
    pd.testing.assert_frame_equal(own, kept, check_dtype=False)
    assert carried()['reliability'] == reliability(table)
    assert sorted(carried()['left_out']) == without_errors(table)


def test_no_row_of_the_file_is_carried(runs):
    "Medians are facts; the file itself, which names no licence, is nowhere in the project."
    text = json.dumps(carried())
    table = pd.read_csv(runs)
    assert not any(f'{value}' in text for value in [*table.valid_loss.dropna(), *table.train_loss.dropna()])


def test_accuracies_are_whole_numbers_of_pictures():
    "The number of validation pictures that is taken is the one that the figures show: 1,478 of Pets, 3,400 labels of Planet."
    for data_set, judged in dict(pets=1478, planet=3400).items():
        right = figures().query('data_set == @data_set')[['best']].to_numpy() / 100 * judged
        assert np.abs(right - right.round()).max() < 0.1, data_set
        other = figures().query('data_set == @data_set')[['best']].to_numpy() / 100 * (judged + 50)
        assert np.abs(other - other.round()).max() > 0.3


def test_in_the_file_three_runs_stand_together_and_are_one_group(runs):
    "Of the ten ways to part six runs into threes, that of the file has the least spread, in planet for every model."
    from itertools import combinations
    table = read_runs(runs).dropna(subset='train_loss')
    for data_set, least in dict(pets=.8, planet=1.).items():
        ranks = []
        for _, group in table[table.dataset == data_set].groupby('model_name'):
            loss = group.train_loss.to_numpy()
            if len(loss) != 6: continue
            def within(first): return loss[list(first)].var() + np.delete(loss, list(first)).var()  # noqa: B023
            spreads = {first: within(first) for first in combinations(range(6), 3) if 0 in first}
            ranks.append(min(spreads, key=spreads.get) == (0, 1, 2))
        assert len(ranks) > 50 and np.mean(ranks) >= least


def test_every_weight_is_one_of_todays():
    weights = [about['weight'] for about in carried()['weights'].values()]
    assert set(weights) <= set(all_weights()) and len(set(weights)) == len(weights) == 86
    named = carried()['weights']
    assert named['convnext_base']['weight'] == 'convnext_base.fb_in1k'  # today's default for the name is another
    assert named['vit_base_patch16_224']['weight'] == 'vit_base_patch16_224.augreg_in21k_ft_in1k'
    assert named['resnet50']['weight'] == 'resnet50.a1_in1k'


def test_the_weights_have_the_imagenet_accuracy_of_then(snapshots):
    "What was published for the plain name in 2022 is what is published for the weight now, at the same size, wherever both are."
    then = get_accuracy(results=snapshots/'2022-04-01').set_index('model')
    now = get_accuracy(results=snapshots/'2026-01-06').drop_duplicates(['model', 'img_size']).set_index(['model', 'img_size']).top1
    compared = 0
    for name, about in carried()['weights'].items():
        if name not in then.index: continue
        key = about['weight'], int(then.img_size[name])
        if key not in now.index: continue
        compared += 1
        assert abs(now[key] - then.top1[name]) < .15, name
    assert compared > 65


# Where the runs come from

def test_an_argument_a_variable_and_the_carried_figures(tmp_path, cache, monkeypatch, newest):
    with pytest.warns(ResultsWarning, match='figures of the fine-tuning runs that timm_bench carries, because there is no clone'): assert len(get_fine_tuning()) == 172
    own = get_fine_tuning(small(tmp_path/'own'))
    assert own[['model', 'accuracy']].values.tolist() == [['resnet18.tv_in1k', 91.5]]
    monkeypatch.setenv('TIMM_BENCH_FINE_TUNING', str(small(tmp_path/'named', ('pets', 'resnet18', 2, .07, .1, .1, 100.))))
    with pytest.warns(ResultsWarning, match=r'using the fine-tuning runs of .*named \(\$TIMM_BENCH_FINE_TUNING\)'): assert get_fine_tuning().accuracy.tolist() == [93.0]
    assert get_accuracy('pets', results=newest).top1.tolist() == [93.0]
    assert len(get_data('infer', accuracy='pets', results=newest, keep=None)) == 1
    small(tmp_path/'named')
    assert get_accuracy('pets', results=newest).top1.tolist() == [91.5]
    assert get_data('infer', accuracy='pets', results=newest, keep=None).top1.tolist() == [91.5]  # also where it was remembered
    monkeypatch.setenv('TIMM_BENCH_FINE_TUNING', str(tmp_path/'nowhere'))
    with pytest.raises(ResultsError, match="TIMM_BENCH_FINE_TUNING='.*nowhere': no nowhere there"): get_accuracy('pets', results=newest)


def test_the_clone_has_the_pinned_commit_and_that_one_file(tmp_path, cache, monkeypatch):
    server = Repository(tmp_path/'server'/'runs')
    small(server.folder)
    (server.folder/'analysis.ipynb').write_bytes(b'x' * 2_000_000)
    pinned = server.commit('2022-09-09')
    small(server.folder, ('pets', 'resnet18', 2, .01, .1, .1, 100.))
    server.commit('2022-12-01')
    monkeypatch.setenv('TIMM_BENCH_FINE_TUNING_URL', f'file://{server.folder}')
    monkeypatch.setattr(fine_tuning, 'COMMIT', pinned)
    with pytest.warns(ResultsWarning, match=f'using the fine-tuning runs of .* at commit {pinned[:8]} of 2022-09-09'): found = get_fine_tuning()
    assert found.accuracy.tolist() == [91.5]
    checked_out = [path for path in cache.glob('*/2022-*_*') if path.is_dir()]
    assert [path.name for folder in checked_out for path in folder.iterdir()] == [FILE] * len(checked_out)
    kept = sum(path.stat().st_size for path in cache.rglob('*') if path.is_file())
    assert kept < 200_000, 'the notebook beside it was not fetched'
    table = next(folder for folder in checked_out if pinned in folder.name)/FILE
    sound = table.read_text()
    table.write_text(sound.replace('0.08', '0.01'))
    assert get_fine_tuning().accuracy.tolist() == [91.5] and table.read_text() == sound  # mended


@pytest.mark.parametrize('row, said', [
    (('cats', 'resnet18', 2, .1, .1, .1, 1), "dataset 'cats' is none of pets, planet"), (('pets', 'resnet18', 2, 1.2, .1, .1, 1), 'row 7, column error_rate: 1.2 cannot be right'),
    (('pets', 'resnet18', 2, .1, .1, .1, -5), 'column fit_time'), (('pets', 'resnet18', 2, 'much', .1, .1, 1), 'error_rate'), (('pets', None, 2, .1, .1, .1, 1), 'model_name')])
def test_a_file_that_cannot_be_right_is_refused_in_one_line(tmp_path, row, said):
    with pytest.raises(ResultsError, match=said) as error: read_runs(small(tmp_path, row))
    assert '\n' not in str(error.value)


def test_a_model_that_no_weight_is_known_for_is_left_out_by_name(tmp_path, cache):
    with pytest.warns(ResultsWarning, match='left out of .*: my_own_net, which no weight of today is known for'):
        assert figures(small(tmp_path, ('pets', 'my_own_net', 2, .1, .1, .1, 1.))).weight.unique().tolist() == ['resnet18.tv_in1k']


# A test set like any other

@pytest.mark.parametrize('data_set', FINE_TUNED)
def test_speeds_are_joined_at_the_size_of_the_runs(newest, data_set):
    df = get_data('infer', accuracy=data_set, results=newest, keep=None, weights='all')
    assert len(df) > 65 and df.infer_img_size.eq(224).all() and {'top1_error', 'tuning_secs', 'tuning_memory_gb'} <= set(df)
    assert df.attrs['accuracy'] == data_set and 'tcapelle/fastai_timm' in df.attrs['published'][FILE]
    left = unmatched('infer', accuracy=data_set, results=newest, side='accuracy')
    assert set(left.model) | set(df.model) == set(tuned_accuracy(data_set).model) - {'resnet50_gn.a1h_in1k'}  # whose architecture ends in gn
    train = get_data('train', accuracy=data_set, results=newest, keep=None, weights='all')
    assert len(train) > 70


def test_ties_follow_from_the_pictures_and_the_runs_together(newest):
    df = get_data('infer', accuracy='pets', results=newest, keep=None, weights='all')
    found = best(df, 100)
    first = found.iloc[0]
    assert ((found.accuracy - first.accuracy).abs() <= 1.96 * np.hypot(found.error, first.error)).iloc[1:].equals(found.tie.iloc[1:])
    of_pictures = (df.top1 * (100 - df.top1) / 1478) ** .5
    assert (df.top1_error > of_pictures).all()
    table = get_accuracy('pets', results=newest).set_index('model')
    assert table.top1_error['swin_large_patch4_window7_224.ms_in22k_ft_in1k'] > 2  # one of its runs went astray
    edge = frontier(df)
    assert edge.tie.iloc[1:].any()


def test_it_chooses_blends_and_names_alternatives(newest):
    df = get_data('infer', results=newest, keep=None, weights='all')
    alone, both = best(df, 3, accuracy='pets'), best(df, 3, accuracy={'pets': 1, 'imagenet': 1})
    assert alone.error.between(.4, 1.5).all() and {'pets', 'imagenet'} <= set(both)
    assert np.allclose(both.accuracy, (both.pets + both.imagenet) / 2)
    assert len(better_than(df, 'resnet50', accuracy='pets')) > 5
    told = {each['test_set']: each['top1'] for each in card('convnext_tiny.fb_in1k', results=newest)['accuracy'] if each['img_size'] == 224}
    assert told['pets'] == get_accuracy('pets', results=newest).set_index('model').top1['convnext_tiny.fb_in1k']


def test_who_chooses_by_planet_is_told_how_far_to_trust_it(newest, monkeypatch):
    df = get_data('infer', results=newest, keep=None, weights='all')
    with pytest.warns(ResultsWarning, match='planet: among its best models the order is largely chance'): best(df, accuracy='planet')
    monkeypatch.setattr(timm_bench.checks, '_said', set())
    with pytest.warns(ResultsWarning) as said: best(df, accuracy='pets')
    assert [str(warning.message) for warning in said] == ['1,364 of 1,432 rows of df left out: no accuracy on Pets (fine-tuned)']
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        card('resnet50', results=newest)


def test_the_explorer_offers_them(newest):
    data = explorer_data(newest)
    sets = {each['id']: each for each in data['sets']}
    assert sets['pets']['images'] == 1478 and sets['planet']['name'] == 'Planet (fine-tuned)'
    own = get_accuracy('pets', results=newest)
    shown = {error for error in data['points']['error_pets']['of'] if error}
    assert len(shown) > 30 and shown <= set(own.top1_error.round(3))  # of what has a speed
    assert (own.top1_error > (own.top1 * (100 - own.top1) / 1478) ** .5).all()  # runs differ besides
    assert any(value for value in data['points']['top1_pets']['of'] if value)


def test_before_the_runs_there_is_nothing(snapshots, cache):
    with pytest.raises(ResultsError, match="as_of='2022-04-01': the fine-tuning runs of 'pets' are of 2022-09-09"):
        get_accuracy('pets', results=snapshots/'2026-01-06', as_of='2022-04-01')
    from timm_bench import get_history
    with pytest.raises(ResultsError, match="accuracy='pets': give one of 'imagenet'"): get_history(results=snapshots/'2026-01-06', accuracy='pets')


def test_the_terminal_takes_it(newest):
    ran = program.timm_bench('best', '--accuracy', 'pets', '--under', '1ms', '--format', 'json', '--results', newest)
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)
    assert rows[0]['accuracy'] > 94 and rows[0]['error'] > .5


# What tells it

def test_the_intervals_of_rank_correlations_cover():
    "Families drawn from a world where the true correlation is known: 95 % intervals hold it in about 95 of 100 cases."
    chance, held = np.random.default_rng(1), 0
    for _ in range(60):
        own = chance.normal(size=20).repeat(4)
        one = own + chance.normal(size=80)
        other = .8 * one + .6 * (chance.normal(size=20).repeat(4) + chance.normal(size=80))
        told = rank_correlations(pd.DataFrame(dict(family=np.arange(20).repeat(4), one=one, accuracy=other)), ['one'], draws=200).iloc[0]
        held += told.low <= .78 <= told.high
    assert held >= 52


def test_what_was_not_run_is_told_with_its_uncertainty(newest):
    found = promising('pets', 500, results=newest)
    assert set(found.model).isdisjoint(tuned_accuracy('pets').model)
    assert found.top1.between(*found.attrs['reaches']).all() and 0 < found.attrs['r2'] < 1
    assert found.chance.between(0, 1).all() and (found.high - found.low).median() > 2
    with pytest.raises(ResultsError, match='accuracy on ImageNet tells nothing of it'): promising('planet', results=newest)
