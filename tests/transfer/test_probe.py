"One's own pictures, with an engine that needs no torch: what is refused, what is said, that answers are the same and sure, that nothing is computed twice or lost."
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import program
from conftest import PROJECT

pytest.importorskip('PIL')
pytest.importorskip('sklearn')
import pixel_engine
from PIL import Image

import timm_bench.checks
from timm_bench import best, compare, explorer, frontier, probe, show_frontier
from timm_bench.checks import ResultsError, ResultsWarning
from timm_bench.choosing.budgets import NothingFits
from timm_bench.transfer import pictures
from timm_bench.transfer.judging import make_folds, weigh
from timm_bench.transfer.pictures import as_rgb, find_pictures

MODELS = ['resnet18', 'resnet50', 'convnext_tiny.fb_in1k']
HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def settings(cache, snapshots, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(snapshots/'2026-01-06'))
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(PROJECT), str(HERE)]))
    pixel_engine.DECODED.clear()


def paint(folder: Path, counts=(12, 15, 20), suffix='png', contrast=12) -> Path:
    "Classes of noise that differ in their mean colour, somewhat."
    chance = np.random.default_rng(0)
    for label, count in enumerate(counts):
        (folder/f'class {label}').mkdir(parents=True)
        for number in range(count):
            pixels = chance.normal(120, 50, (24, 24, 3)) + contrast * np.array([label, 0, -label]) + chance.normal(0, 12, 3)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder/f'class {label}'/f'{number}.{suffix}')
    return folder


@pytest.fixture
def folder(tmp_path): return paint(tmp_path/'pictures')


def run(images, models=MODELS, **options):
    "Without timing, which takes a process a model."
    return probe(images, models, quiet=True, engine='pixel_engine', **dict(benchmark='cpu i9 newest') | options)


# The answer

def test_the_answer_is_a_frame_that_the_others_take(folder, tmp_path):
    found = run(folder, benchmark=None)
    assert list(found.columns[:4]) == ['model', 'accuracy', 'accuracy_low', 'accuracy_high']
    assert {'secs', 'license', 'memory_mb', 'params', 'top1'} <= set(found) and found.model[2] == 'resnet18.a1_in1k'
    assert (found.accuracy_low <= found.accuracy).all() and (found.accuracy <= found.accuracy_high).all() and found.accuracy.is_monotonic_decreasing
    assert found.attrs['code'].startswith("timm.create_model('resnet50.a1_in1k', pretrained=True, num_classes=3)")
    assert found.secs.tolist()[2] == .016  # what the engine says: a millisecond a letter
    assert best(found).model[0] == found.model[0] and np.allclose(best(found).error[0], found.accuracy_error[0])
    assert best(found, accuracy='imagenet').model[0] == 'convnext_tiny.fb_in1k'
    assert 'tie' in frontier(found, y='accuracy')
    assert len(show_frontier(found, 'My pictures', 'infer_img_size', y='accuracy').data)
    assert len(compare('rtx3090 nhwc newest', found))
    explorer(own=found, out=tmp_path/'page.html')
    assert (tmp_path/'page.html').stat().st_size > 100_000


def test_a_folder_a_table_and_a_dataset_give_the_same_to_the_digit(folder, tmp_path):
    from_folder = run(folder)
    files = sorted(folder.rglob('*.png'), key=lambda path: path.name[::-1])
    table = pd.DataFrame(dict(path=[os.path.relpath(path, tmp_path) for path in files], label=[path.parent.name for path in files]))
    table.to_csv(tmp_path/'list.csv', index=False)
    from_table = run(tmp_path/'list.csv')
    columns = ['model', 'accuracy', 'accuracy_low', 'accuracy_high', 'neighbours', 'tie']
    pd.testing.assert_frame_equal(from_folder[columns], from_table[columns], check_exact=True)
    renamed = tmp_path/'elsewhere'
    for number, path in enumerate(reversed(files)):
        target = renamed/path.parent.name/f'{number:03}.png'
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    pd.testing.assert_frame_equal(from_folder[columns], run(renamed)[columns], check_exact=True)
    data = [(Image.open(path), path.parent.name) for path in files]
    assert run(data).attrs['pictures'] == 47


def test_labels_by_chance_give_chance(tmp_path):
    found = run(paint(tmp_path/'pictures', (60, 60), contrast=40), ['resnet50'])
    by_chance = run(tmp_path/'pictures', ['resnet50'], permute=True)
    assert found.accuracy[0] > 90 and 35 < by_chance.accuracy[0] < 65 and by_chance.attrs['permuted']
    assert by_chance.attrs['answer'].startswith('labels dealt out by chance: the best of 1 told') and by_chance.attrs['code'] == ''
    assert by_chance.attrs['answer'].endswith('guessing among 2 classes gives 50.0 %')


def test_intervals_cover_and_differences_are_paired():
    "In 1,500 worlds with a known accuracy the 95 % interval holds it as often as it should; two equally good models are a tie."
    chance, labels = np.random.default_rng(5), np.repeat([0, 1], 60)
    worlds = weigh([chance.random(120) < .8 for _ in range(1500)], labels, draws=200)
    assert .93 < np.mean((worlds.low <= 80) & (worlds.high >= 80)) < .98
    tied = 0
    for _ in range(100):
        right = chance.random(120) < .8
        alike = np.where(chance.random(120) < .2, chance.random(120) < .8, right)
        tied += weigh([right, alike], labels, draws=300).tie.any()
    assert tied >= 90
    clear = weigh([np.arange(400) % 20 > 0, np.arange(400) % 20 > 1], np.repeat([0, 1], 200))
    assert not clear.tie.any() and clear.high[1] > clear.low[0]  # told apart though their intervals overlap


def test_uneven_classes_count_the_same(tmp_path):
    found = run(paint(tmp_path/'uneven', (8, 60)), ['resnet18'])
    assert found.attrs['balanced'] and found.accuracy[0] < 75  # who says the larger one always is right 88 of 100 times


def test_the_budget_is_kept_by_the_time_that_is_measured(folder):
    found = run(folder, under='18ms', benchmark=None)
    assert found.fits.tolist() == [True, True, False] and found.model[2] == 'convnext_tiny.fb_in1k'
    said = run(folder, under='1us').attrs['answer']
    assert 'none of the models is within the time' in said and ' separates these pictures best: ' in said


def test_among_times_that_cannot_be_told_apart_the_most_accurate_is_taken(folder, monkeypatch):
    models = ['resnet50.a1_in1k', 'resnet50.a2_in1k', 'resnet50d.a1_in1k']  # 16 or 17 ms, and as accurate as each other
    quiet = run(folder, models, benchmark=None)
    assert quiet.tie[1:].all() and quiet.secs_error.between(.00008, .00009).all()
    least = quiet.secs.min()
    told_apart = quiet[quiet.secs == least].model.iloc[0]
    assert f"create_model('{told_apart}'" in quiet.attrs['code']
    monkeypatch.setenv('PIXEL_NOISE', '30')
    noisy = run(folder, models, benchmark=None)
    assert f"create_model('{noisy.model[0]}'" in noisy.attrs['code']  # the first is as fast as any, for all that is known


def test_times_of_a_benchmark(folder):
    found = run(folder, benchmark='rtx3090 amp nhwc newest')
    assert found.secs.max() < .002 and 'RTX 3090' in found.attrs['benchmark']


def test_a_shortlist_is_wide(folder):
    found = probe(folder, quiet=True, engine='pixel_engine', benchmark='cpu i9 newest', n=6, params='30M', license='commercial')
    assert len(found) == 6 and found.family.nunique() >= 4 and found.params.notna().all()
    with pytest.raises(NothingFits): probe(folder, quiet=True, engine='pixel_engine', benchmark='cpu i9 newest', params='0.01M')


# Nothing twice, nothing lost

def test_a_second_call_computes_only_what_is_new(folder):
    run(folder, ['resnet50'])
    before = len(pixel_engine.DECODED)
    run(folder, ['resnet50'], folds=4)
    assert len(pixel_engine.DECODED) == before + 1  # one, to see how many features there are
    Image.new('RGB', (24, 24), (1, 2, 3)).save(folder/'class 0'/'new.png')
    run(folder, ['resnet50', 'resnet18'])
    assert len(pixel_engine.DECODED) == before + 1 + 2 + 49


def stop_after(batches):
    real, left = pixel_engine.Backbone.features, [batches]
    def features(self, batch):
        left[0] -= 1
        if left[0] < 0: raise KeyboardInterrupt
        return real(self, batch)
    return features


def test_what_was_computed_before_an_interruption_is_kept(folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pixel_engine.Backbone, 'features', stop_after(3))  # one to see how many, two batches
        with pytest.raises(KeyboardInterrupt): run(folder, ['resnet50'], batch_size=8)
    pixel_engine.DECODED.clear()
    assert len(run(folder, ['resnet50'], batch_size=8)) == 1
    assert len(pixel_engine.DECODED) == 47 - 16 + 1


def test_two_at_once_on_an_executor(folder):
    with ProcessPoolExecutor(2, get_context('spawn')) as executor: found = run(folder, executor=executor)
    pd.testing.assert_series_equal(found.accuracy, run(folder).accuracy)
    with pytest.raises(ResultsError, match='executor=.*give a concurrent.futures executor'): run(folder, executor=7)
    with ProcessPoolExecutor(1, get_context('spawn')) as executor, pytest.raises(ResultsError, match='a dataset stays in this process'):
        run([(Image.open(path), path.parent.name) for path in folder.rglob('*.png')], executor=executor)


def test_two_programs_probe_one_folder_at_once(folder):
    code = f"from timm_bench import probe; found = probe({str(folder)!r}, {MODELS!r}, quiet=True, engine='pixel_engine', benchmark='cpu i9 newest'); print(found.accuracy.tolist())"
    both = [subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], '\n'.join(text for each in said for text in each)
    assert said[0][0] == said[1][0] and json.loads(said[0][0]) == run(folder).accuracy.tolist()


def look(paths, cache, begin, answers):
    begin.wait()
    try: answers.put(len(pictures._look_at_all(paths, cache)))
    except Exception as e: answers.put(repr(e))  # noqa: BLE001


def test_many_processes_look_at_pictures_for_the_first_time_at_once(folder, tmp_path):
    here, paths = get_context('fork'), [str(path) for path in folder.rglob('*.png')][:5]
    for attempt in range(15):  # with another kind of journal, one of seven could not begin
        (cache := tmp_path/str(attempt)).mkdir()
        begin, answers = here.Barrier(3), here.SimpleQueue()
        processes = [here.Process(target=look, args=(paths, cache, begin, answers)) for _ in range(3)]
        for process in processes: process.start()
        assert [answers.get() for _ in processes] == [5, 5, 5]
        for process in processes: process.join()


def test_a_damaged_memory_of_pictures_is_made_anew(folder, tmp_path):
    paths = [str(path) for path in folder.rglob('*.png')]
    expected = pictures._look_at_all(paths, tmp_path)
    (tmp_path/'pictures.sqlite').write_bytes(b'no database at all, but longer than the header of one would be ' * 20)
    assert pictures._look_at_all(paths, tmp_path) == expected == pictures._look_at_all(paths, tmp_path)
    (tmp_path/'pictures.sqlite').unlink()
    (tmp_path/'pictures.sqlite').mkdir()
    with pytest.raises(ResultsError, match='pictures.sqlite: cannot be read or written'): pictures._look_at_all(paths, tmp_path)


def test_a_disk_that_fills_is_said_in_one_line(folder, monkeypatch):
    from timm_bench.transfer import features
    def full(file, raw): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(features, 'append_whole', full)
    with pytest.raises(ResultsError, match='no model could be probed: .*No space left on device.*what was computed before is kept'): run(folder, ['resnet50'])


def test_one_model_that_fails_does_not_take_the_others_with_it(folder, monkeypatch):
    monkeypatch.setenv('PIXEL_FAULT', 'missing')
    monkeypatch.setattr(timm_bench.checks, '_said', set())  # as in a new process
    with pytest.warns(ResultsWarning, match='not probed: resnet18.a1_in1k: resnet18.a1_in1k: its weights cannot be had'): found = run(folder)
    assert len(found) == 2 and list(found.attrs['failed']) == ['resnet18.a1_in1k']


def test_a_runtime_that_is_not_installed_is_refused_before_anything_is_computed(folder, monkeypatch):
    monkeypatch.setattr('timm_bench.transfer.probe.versions', lambda: dict(onnx='1.20', onnxscript='0.5', openvino=None))
    with pytest.raises(ResultsError, match=r"^runtime='openvino': openvino not installed here; .*'\.\[measure\]'"): run(folder, benchmark=None, runtime='openvino')
    assert list(run(folder, runtime='openvino').model)  # with the times of a benchmark nothing is measured


def test_without_a_network_what_is_there_is_probed_and_nothing_waits(folder, monkeypatch):
    monkeypatch.setenv('PIXEL_NO_CACHE', '1')  # of two resnets
    monkeypatch.setenv('PIXEL_OFFLINE', 'https://hub.example: no such host')
    with pytest.warns(ResultsWarning, match=r'not probed, as they cannot be downloaded \(https://hub.example: no such host\): resnet18.a1_in1k, resnet50.a1_in1k'):
        assert list(run(folder).model) == ['convnext_tiny.fb_in1k']
    with pytest.raises(ResultsError, match='no weights are on this machine, and none can be downloaded .*no such host.; give a folder of checkpoints'):
        run(folder, ['resnet50'])


def test_the_line_to_copy_loads_the_checkpoint_that_was_probed(folder, tmp_path):
    (tmp_path/'resnet50.a1_in1k.pth').write_bytes(b'weights of resnet50.a1_in1k')
    code = run(folder, None, weights=tmp_path).attrs['code']
    assert code == f"timm.create_model('resnet50.a1_in1k', pretrained=True, pretrained_cfg_overlay=dict(file={str(tmp_path/'resnet50.a1_in1k.pth')!r}), num_classes=3)"


def test_what_is_to_be_downloaded_is_named_with_its_size(folder, monkeypatch):
    monkeypatch.setenv('PIXEL_NO_CACHE', '1')
    with pytest.warns(ResultsWarning, match=r'to be downloaded: resnet18.a1_in1k \(47 MB\), resnet50.a1_in1k \(102 MB\)'): run(folder)


def test_a_folder_of_checkpoints(folder, tmp_path):
    weights = tmp_path/'weights'
    weights.mkdir()
    with pytest.raises(ResultsError, match='there are no checkpoints'): run(folder, None, weights=weights)
    for name in ['resnet50.a1_in1k', 'resnet18.a1_in1k']: (weights/f'{name}.pth').write_bytes(b'weights of ' + name.encode())
    assert len(run(folder, None, weights=weights)) == 2
    with pytest.warns(ResultsWarning, match='not probed, as weights= has no file of them: convnext_tiny.fb_in1k'): run(folder, weights=weights)
    shutil.copy(weights/'resnet50.a1_in1k.pth', weights/'resnet18.a1_in1k.pth')
    with pytest.warns(ResultsWarning, match='resnet18.a1_in1k.pth: not of resnet18.a1_in1k: it lacks conv1'): assert len(run(folder, None, weights=weights)) == 1
    with pytest.raises(ResultsError, match='no such folder'): run(folder, weights=tmp_path/'none')


# Pictures that are not as they should be

def damaged(folder: Path, rule: int) -> Path:
    "One of the pictures, damaged by rule."
    path = folder/'class 0'/f'bad {rule}.{"jpg" if rule % 2 else "png"}'
    Image.effect_noise((64, 64), 50).convert('RGB').save(path)
    raw = path.read_bytes()
    if rule < 10: path.write_bytes(raw[:len(raw) * (rule + 1) // 14])  # cut short
    elif rule < 12: path.write_bytes(b'')
    elif rule < 14: path.write_bytes(b'<html>not found</html>')
    elif rule < 16: path.write_bytes(b'\0' * len(raw))
    elif rule < 18: path.write_bytes(raw[:20] + os.urandom(len(raw) - 20))
    else: Image.new('RGB', (3, 300)).save(path)
    return path


@pytest.mark.parametrize('rule', range(20))
def test_a_damaged_picture_is_named_before_anything_is_computed(folder, rule):
    path = damaged(folder, rule)
    with pytest.raises(ResultsError, match=f'1 of 48 pictures cannot be used: .*{path.name}: .*mend or remove them, or give broken=') as error: run(folder)
    assert '\n' not in str(error.value) and not pixel_engine.DECODED
    with pytest.warns(ResultsWarning, match='left out: 1 of 48 pictures cannot be used'): assert run(folder, ['resnet50'], broken='skip').attrs['pictures'] == 47


def test_the_same_picture(folder):
    shutil.copy(folder/'class 0'/'0.png', folder/'class 0'/'again.png')
    with pytest.warns(ResultsWarning, match='1 pictures are there twice in their class, and count once'): assert run(folder, ['resnet50']).attrs['pictures'] == 47
    shutil.copy(folder/'class 0'/'0.png', folder/'class 1'/'other name.png')
    with pytest.raises(ResultsError, match=r'the same picture is in two classes: .*0.png \(class 0\) and .*other name.png \(class 1\)'): run(folder)


@pytest.mark.parametrize('spoil, said', [
    (lambda folder: shutil.rmtree(folder/'class 0') or shutil.rmtree(folder/'class 1'), '1 class, and it takes two'),
    (lambda folder: [path.unlink() for path in list((folder/'class 0').iterdir())[3:]], r'classes with fewer pictures than folds=5: class 0 \(3\); give more pictures, or fewer folds'),
    (lambda folder: [path.unlink() for path in (folder/'class 0').iterdir()], "no pictures in 'class 0'"),
    (lambda folder: [shutil.rmtree(each) for each in folder.iterdir()], 'no folders in it; give a folder with a folder for each class'),
    (shutil.rmtree, 'no such folder or file')])
def test_too_little_is_refused_in_one_line(folder, spoil, said):
    spoil(folder)
    with pytest.raises(ResultsError, match=said) as error: run(folder)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('text, said', [('', 'the file is empty'), ('file,label\na,b\n', 'needs columns path and label; it has file, label'), ('path,label\n', 'a header without rows'),
                                        ('path,label\na.png,\n', 'line 2 has no path, or no label'), ('path,label\na.png,b\n', r'a.png: cannot be read \(No such file')])
def test_a_table_that_cannot_be_used(tmp_path, text, said):
    (tmp_path/'list.csv').write_text(text)
    with pytest.raises(ResultsError, match=said): run(tmp_path/'list.csv')


def test_other_files_are_counted_not_lost(folder):
    for name in ['Thumbs.db', 'notes.txt', 'more.txt']: (folder/'class 0'/name).write_text('x')
    Image.new('RGB', (20, 20)).save(folder/'loose.png')
    with pytest.warns(ResultsWarning) as said: run(folder, ['resnet50'])
    lines = [str(each.message) for each in said]
    assert any('3 files passed over' in line and '2 .txt, 1 .db' in line for line in lines) and any('1 pictures passed over that lie in' in line for line in lines)


@pytest.mark.parametrize('mode, suffix', [('RGBA', 'png'), ('LA', 'png'), ('P', 'gif'), ('L', 'jpg'), ('CMYK', 'jpg'), ('1', 'png'), ('I;16', 'png'), ('F', 'tif'), ('RGB', 'webp')])
def test_every_kind_of_picture_is_read_rightly(tmp_path, mode, suffix):
    "A dark and a light half, in every mode: dark stays dark and light light."
    half = np.zeros((32, 32))
    half[:, 16:] = 1
    if mode == 'I;16': image = Image.fromarray((half * 65535).astype(np.uint16))
    elif mode == 'F': image = Image.fromarray(half.astype(np.float32))
    else: image = Image.fromarray((half * 255).astype(np.uint8)).convert(mode if mode in ('1', 'LA', 'P', 'L') else 'RGB').convert(mode)
    image.save(tmp_path/f'picture.{suffix}')
    with Image.open(tmp_path/f'picture.{suffix}') as opened: seen = np.asarray(as_rgb(opened))
    assert seen.shape == (32, 32, 3) and seen[:, :12].mean() < 12 and seen[:, 20:].mean() > 243


def test_transparent_ground_is_white_and_a_camera_on_its_side_is_set_up(tmp_path):
    drawing = Image.new('RGBA', (20, 20), (0, 0, 0, 0))
    drawing.paste((255, 0, 0, 255), (5, 5, 15, 15))
    assert as_rgb(drawing).getpixel((0, 0)) == (255, 255, 255) and as_rgb(drawing).getpixel((10, 10)) == (255, 0, 0)
    sideways = Image.new('RGB', (40, 20))
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(tmp_path/'sideways.jpg', exif=exif)
    with Image.open(tmp_path/'sideways.jpg') as image: assert as_rgb(image).size == (20, 40)


def test_folds_share_classes_and_depend_on_nothing_else():
    labels = np.random.default_rng(0).integers(0, 4, 203)
    part = make_folds(labels, 5)
    counts = np.array([np.bincount(part[labels == label], minlength=5) for label in range(4)])
    assert (counts.max(axis=1) - counts.min(axis=1) <= 1).all() and np.ptp(counts.sum(axis=0)) <= 2
    assert (part == make_folds(labels, 5)).all()


def test_a_picture_that_changed_is_looked_at_again(folder, tmp_path):
    first = find_pictures(folder, tmp_path)
    path = folder/'class 0'/'0.png'
    path.write_bytes(b'')
    with pytest.raises(ResultsError, match='the file is empty'): find_pictures(folder, tmp_path)
    assert len(first) == 47


# The terminal

def terminal(*words):
    return program.timm_bench('probe', *words, '--engine', 'pixel_engine')


def test_the_terminal_gives_a_table_and_json(folder):
    ran = terminal(str(folder), '--models', 'resnet50', '--models', 'resnet18', '--format', 'json')
    rows = json.loads(ran.stdout)
    assert ran.returncode == 0 and rows[0]['model'] == 'resnet50.a1_in1k' and {'accuracy', 'accuracy_low', 'accuracy_high', 'tie', 'secs', 'license', 'memory_mb', 'params', 'top1'} <= set(rows[0])
    shown = terminal(str(folder), '--models', 'resnet50', '--format', 'table')
    assert '47 pictures of 3 classes' in shown.stdout and 'timm.create_model(' in shown.stdout and 'separates these pictures best' in ' '.join(shown.stdout.split())


@pytest.mark.parametrize('words, said', [(['nowhere'], 'nowhere: no such folder or file'), (['{folder}', '--models', 'resnet5x'], "timm knows no model 'resnet5x'"), (['{folder}', '--folds', '1'], '--folds 1')])
def test_the_terminal_complains_in_one_line(folder, words, said):
    ran = terminal(*(word.format(folder=folder) for word in words), '--models', 'resnet50') if '--models' not in words else terminal(*(word.format(folder=folder) for word in words))
    lines = [line for line in ran.stderr.splitlines() if 'using folder' not in line]
    assert ran.returncode in (1, 2) and len(lines) == 1 and said in lines[0], ran.stderr
