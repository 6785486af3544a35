"""Makes timm_bench/bundled/registry.json, the names, renames and licences that timm itself knows.

python tools/registry.py

It asks the installed timm, so it needs PyTorch too; `timm_bench.models.registry` reads what it writes.
"""
from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

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
    for name in sorted(timm.list_pretrained(), key=default_first):
        arch, _, tag = name.partition('.')
        weights[arch][tag] = known.get_pretrained_cfg(name).license
    return dict(timm=timm.__version__,
                renames=dict(sorted(known._deprecated_models.items())),
                weights=dict(sorted(weights.items())),
                others=sorted(set(timm.list_models()) - set(weights)))


def main() -> None:
    "Write the table anew."
    table = read_registry()
    TARGET.write_text(json.dumps(table, indent=1) + '\n', encoding='utf-8')
    print(f"{TARGET}: timm {table['timm']}, {len(table['weights'])} architectures with weights")


if __name__ == '__main__':
    if len(sys.argv) != 1: sys.exit(__doc__)
    main()
