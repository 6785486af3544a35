"""Every file of the corpus of damage gives a sound table or one line that names the place.

A damaged cell may still be a sound one: no throughput, a difference below zero, a name that is a word. What may be read is listed; all else is refused."""
import itertools

import damage
import pytest
from timm_bench.sources.results import Results

TEXT = {'model', 'interpolation'}
MAY_BE_EMPTY = {'infer_gmacs', 'infer_macts', 'param_count', 'top1_err', 'top5_err', 'crop_pct', 'interpolation', 'top1_diff', 'top5_diff', 'rank_diff'}
DIFFERENCES = {'top1_diff', 'top5_diff', 'rank_diff'}
WORDS = {'a word', 'nan', 'inf', 'a number below zero', 'a decimal comma', 'a hexadecimal number', 'a number too large', '25 digits', 'full-width digits', 'True', 'an underscore',
         'a space before', 'a unit', 'a quote in the middle'}
NO_NAMES = {'a decimal comma', 'full-width digits', 'a space before', 'a unit', 'a quote in the middle'}  # words that no model is named by
ROWS = {'a cell less', 'a comma more', 'a line end within', 'cut off here', 'an opened quote', 'a NUL', 'a byte that is not UTF-8'}  # the line is damaged, not the cell


def may_be_read(kind: str, column: str, last: bool) -> bool:
    "Whether what the damage leaves is a sound table, or one that nobody can tell from it."
    if column in TEXT and kind in WORDS: return column != 'model' or kind not in NO_NAMES
    if kind == 'a line end within': return last  # of its line: that is a blank line more
    return (kind == 'nothing' and column in MAY_BE_EMPTY) or (kind == 'a number below zero' and column in DIFFERENCES)


def test_the_corpus_is_large(): assert len([*damage.corpus()]) >= 300


def test_the_good_files_are_good(tmp_path):
    for file, text in damage.GOOD.items():
        (tmp_path/file).write_text(text)
        assert len(Results(tmp_path, 'a test').read(file)) == 3


@pytest.mark.parametrize('kind', damage.KINDS)
def test_damage_is_refused_with_its_place_or_leaves_a_sound_table(kind, tmp_path):
    for file, its_kind, column, raw in damage.corpus():
        if its_kind != kind: continue
        found = damage.outcome(tmp_path, file, column, raw)
        if may_be_read(kind, column, damage.GOOD[file].splitlines()[0].endswith(f',{column}')): assert found == 'read', (file, column, found)
        elif kind in ROWS: assert found.startswith(('refused, naming the line', 'refused, naming line')), (file, column, found)
        else: assert found.startswith('refused, naming'), (file, column, found)


def test_the_table_in_the_docs_counts_every_file():
    table = damage.table()
    assert table.to_numpy().sum() == len([*damage.corpus()]) and set(table.index) == set(damage.KINDS)
    assert not [column for column in table if not column.startswith(('read', 'refused'))]


@pytest.mark.parametrize('text', [''.join(signs) for length in range(1, 6) for signs in itertools.product('-+.1', repeat=length)][::7])
def test_pandas_and_the_quick_pattern_agree_on_what_a_number_is(text, tmp_path):
    "The pattern lets any short run of digits, signs and points pass, because pandas then makes no number of those that are none."
    from timm_bench.checks import ResultsError
    from timm_bench.sources.tables import is_numeral
    file = tmp_path/damage.BENCHMARK
    file.write_text(f'model,top1_diff\nsound,1\nodd,{text}\n')
    try: assert Results(tmp_path, 'a test').read(file.name).top1_diff[1] == float(text) and is_numeral(text)
    except ResultsError as error: assert 'line 3, column top1_diff' in str(error) and not is_numeral(text)
