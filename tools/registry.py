"""Makes timm_bench/bundled/registry.json, the names, renames, licences and sizes that timm itself knows.

python tools/registry.py

It asks the installed timm, so it needs PyTorch too, and some minutes, as it looks at the shape of every model;
`timm_bench.models.registry` reads what it writes.
"""
from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

USUAL_SIZE = 224  # pixels; weights trained at it are not listed
TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'registry.json'


def read_registry() -> dict:
    "The table, as `timm_bench.models.registry` describes it, from the installed timm."
    import timm
    from timm.models import _registry as known

    def default_first(name: str) -> tuple[bool, str]:
        arch = name.partition('.')[0]
        default = f'{arch}.{known._model_default_cfgs[arch].tags[0]}'
        return name != default, name

    weights: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
    trained_at: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name in sorted(timm.list_pretrained(), key=default_first):
        arch, _, tag = name.partition('.')
        about = known.get_pretrained_cfg(name)
        weights[arch][tag] = about.license
        if about.input_size[-1] != USUAL_SIZE: trained_at[arch][tag] = about.input_size[-1]
    return dict(timm=timm.__version__,
                renames=dict(sorted(known._deprecated_models.items())),
                weights=dict(sorted(weights.items())),
                trained_at=dict(sorted(trained_at.items())),
                foldable=[arch for arch in timm.list_models() if can_fold(arch)],
                others=sorted(set(timm.list_models()) - set(weights)))


def can_fold(arch: str) -> bool:
    "Whether timm can fold an architecture's branches and normalisations: `timm.utils.reparameterize_model` asks the same."
    import timm
    import torch
    with torch.device('meta'): model = timm.create_model(arch)  # its shape alone
    ways = 'fuse', 'reparameterize', 'switch_to_deploy'
    return any(hasattr(module, way) for module in model.modules() for way in ways)


def main() -> None:
    "Write the table anew."
    table = read_registry()
    TARGET.write_text(json.dumps(table, indent=1) + '\n', encoding='utf-8')
    print(f"{TARGET}: timm {table['timm']}, {len(table['weights'])} architectures with weights")


if __name__ == '__main__':
    if len(sys.argv) != 1: sys.exit(__doc__)
    main()
