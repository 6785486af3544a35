"""Makes timm_bench/bundled/work.json, how much there is to compute in every model of timm.

python tools/work.py

It asks the installed timm, by shape alone, and takes some minutes; `timm_bench.models.work` reads what it writes: the
multiply-accumulates (billions) and parameters (millions) of each architecture at timm's size for testing.
"""
from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path

from timm_bench.hardware.engine import count

TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'work.json'


def work_of(arch: str) -> list[float]:
    "Billions of MACs and millions of parameters; none of the former where a model cannot run by its shape alone."
    import timm
    import torch
    with torch.device('meta'):
        model = timm.create_model(arch).eval().requires_grad_(False)
        shape = timm.data.resolve_data_config({}, model=model, use_test_size=True)['input_size']
        images = torch.randn(1, *shape)
        parameters = round(sum(values.numel() for values in model.parameters())/1e6, 2)
        try: return [count(model, images)['gmacs'], parameters]
        except Exception as error:  # noqa: BLE001  # a model's code may raise anything
            print(f'{arch}: {type(error).__name__} {error}'[:150], file=sys.stderr)
            return [parameters]


def main() -> None:
    "Write the table anew."
    import timm
    found = {arch: work_of(arch) for arch in timm.list_models()}
    by_size = [math.log(each[0]/each[1]) for each in found.values() if len(each) > 1 and min(each) > 0]
    usual = math.exp(sorted(by_size)[len(by_size)//2])  # GMACs to a million parameters, for those that could not run
    table = {arch: each if len(each) > 1 else [round(usual*each[0], 2), *each] for arch, each in found.items()}
    text = json.dumps(dict(timm=timm.__version__, work=table), indent=0)
    TARGET.write_text(re.sub(r'\[\n([\d.]+),\n([\d.]+)\n\]', r'[\1, \2]', text) + '\n', encoding='utf-8')
    print(f'{TARGET}: {len(table)} architectures')


if __name__ == '__main__': main()
