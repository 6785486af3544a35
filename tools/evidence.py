"""Makes timm_bench/bundled/fine_tuning.json, figures of published fine-tuning runs under today's names.

python tools/evidence.py RUNS OLD NEW SNAPSHOTS

RUNS is fastai_timm.csv of the commit that `timm_bench.sources.fine_tuning` names. OLD and NEW are folders of two timm
(`pip install --no-deps --target OLD timm==0.6.7`, `… --target NEW timm`); PyTorch must be installed. SNAPSHOTS is a
folder of timm's results by day, the first of which is of the time of the runs.

A name of 2022 is a weight of today where its checkpoint's address is the same; else by timm's own table of renames;
else where the architecture has one weight alone; else by the published ImageNet accuracy, where one weight alone has
that of then. Whichever it is by, the accuracy of then must be that of now, where both are published at one image size.
"""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from timm_bench.sources import fine_tuning as source
from timm_bench.sources.tables import read_table

TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'fine_tuning.json'
ADDRESSES = """
import json, sys
from timm.models import registry
known = getattr(registry, '_model_pretrained_cfgs', None) or registry._model_default_cfgs
json.dump({name: dict(about).get('url') or '' for name, about in known.items()}, sys.stdout)
"""
WEIGHTS = """
import json, sys
import timm, torch
from timm.models import _registry as known
found = {}
for name in timm.list_pretrained():
    about = timm.get_pretrained_cfg(name)
    found[name] = dict(url=about.url or '')
for name in json.load(sys.stdin):
    now = known._deprecated_models.get(name, name)
    arch = now.partition('.')[0]
    with torch.device('meta'): model = timm.create_model(arch, num_classes=1000)
    found.setdefault('arch', {})[name] = dict(
        arch=arch, renamed=now if '.' in now else '', params=round(sum(p.numel() for p in model.parameters()) / 1e6, 2))
json.dump(found, sys.stdout)
"""
SAME = 0.05  # points of ImageNet accuracy that two evaluations of one weight differ by at most, where others are to be told


def asked(timm: str, code: str, told: object = None) -> dict:
    "What a timm in a folder of its own says."
    command = [sys.executable, '-W', 'ignore', '-c', f'import sys; sys.path.insert(0, {timm!r}){code}']
    ran = subprocess.run(command, input=json.dumps(told), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ran.stdout)


def accuracies(folder: Path) -> pd.DataFrame:
    "timm's ImageNet table in a folder."
    return read_table(folder/'results-imagenet.csv', ['model', 'img_size', 'top1'])


def same_accuracy(name: str, weights: list[str], then: pd.DataFrame, now: pd.DataFrame) -> dict[str, float]:
    "Of the weights, those evaluated at the size of then: how much their accuracy differs from that of then, in points."
    old = then[then.model == name]
    if old.empty: return {}
    row = old.iloc[0]
    alike = now[now.model.isin(weights) & (now.img_size == row.img_size)]
    return {model: abs(top1 - row.top1) for model, top1 in zip(alike.model, alike.top1)}


def main(runs: Path, old: str, new: str, snapshots: Path) -> None:
    "Write the figures anew."
    table = source.read_runs(runs)
    names = sorted(table.model_name.unique())
    address = {name: url.replace('/rwightman/', '/huggingface/') for name, url in asked(old, ADDRESSES).items()}
    today = asked(new, WEIGHTS, names)
    archs = today.pop('arch')
    days = sorted(path for path in snapshots.iterdir() if path.is_dir())
    then, now = accuracies(days[0]), accuracies(days[-1])
    weights, doubts = {}, {}
    for name in names:
        about = archs[name]
        own = [weight for weight in today if weight.partition('.')[0] == about['arch']]
        url = address.get(name, '')
        by_address = [weight for weight, told in today.items()
                      if url and told['url'].replace('/rwightman/', '/huggingface/') == url]
        differ = same_accuracy(name, own, then, now)
        close = [weight for weight, points in differ.items() if points < SAME]
        if len(by_address) == 1: weight, how = by_address[0], 'address'
        elif about['renamed'] in today: weight, how = about['renamed'], 'renamed'
        elif len(own) == 1: weight, how = own[0], 'only weight'
        elif len(close) == 1: weight, how = close[0], 'accuracy'
        else:
            doubts[name] = f'which of {", ".join(own)} it was cannot be told'
            continue
        if differ.get(weight, 0) > 0.15: doubts[name] = f'{weight} has {differ[weight]:.2f} points of another accuracy'
        else: weights[name] = dict(weight=weight, how=how, params=about['params'])
    left_out = doubts | {name: 'no run of it has an error rate' for name in source.without_errors(table)}
    kept = {name: about for name, about in weights.items() if name not in left_out}
    figures = source.summed_up(table[table.model_name.isin(kept)])
    found = dict(source=f'{source.RUNS.url} {source.FILE} at commit {source.COMMIT[:8]} of {source.DAY}',
                 weights=kept, left_out=left_out, reliability=source.reliability(table),
                 columns=list(figures), figures=[[*row] for row in figures.itertuples(index=False)])
    text = json.dumps(found, indent=0).replace(',\n', ', ').replace('], [', '],\n[').replace('}, "', '},\n"')
    TARGET.write_text(text + '\n', encoding='utf-8')
    hows = pd.Series([about['how'] for about in kept.values()]).value_counts().to_dict()
    print(f'{TARGET}: {len(figures)} rows of {len(kept)} weights ({hows}), left out {left_out}')


if __name__ == '__main__':
    if len(sys.argv) != 5: sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
