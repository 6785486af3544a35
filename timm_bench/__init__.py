"""Which image model is best, for your hardware and your budget?

Importing this package costs nothing: each name is loaded when it is first used (SPEC 1 of scientific Python)."""

__version__ = "0.1.0"

import lazy_loader as _lazy

_load, __dir__, __all__ = _lazy.attach(__name__, submod_attrs={
    'checks': ['ResultsError', 'ResultsWarning'],
    'sources.results': ['Results', 'get_results'],
    'sources.benchmarks': ['list_benchmarks'],
    'models': ['split_name', 'current_name', 'family', 'pretrain', 'license'],
    'accuracy': ['get_accuracy'],
    'data': ['get_data', 'unmatched'],
    'charts.plots': ['show_all', 'show_subs', 'show_params'],
    'charts.frontier': ['show_frontier'],
    'charts.compare': ['show_compare'],
    'choosing.robustness': ['effective_robustness'],
    'charts.robustness': ['show_robustness'],
    'choosing.history': ['get_history', 'best_by_day'],
    'charts.history': ['show_history'],
    'choosing.choose': ['frontier', 'best', 'better_than'],
    'choosing.comparison': ['compare'],
    'choosing.cards': ['card'],
    'hardware.measure': ['measure'],
    'hardware.estimate': ['estimate', 'pick_models'],
    'transfer.evidence': ['get_fine_tuning', 'rank_correlations', 'promising'],
    'transfer.probe': ['probe'],
    'web.explorer': ['explorer'],
    'notes.search': ['fastnbs', 'fastlistnbs'],
    'notes.markdown': ['ipy2md'],
})


def __getattr__(name):
    "A public name, loaded when it is first used: from then on `help` says what its parameters mean."
    value = _load(name)
    from timm_bench.docstrings import explain
    explain(value.__module__)
    return value
