"""Which image model is best, for your hardware and your budget?

Importing this package costs nothing: each name is loaded when it is first used (SPEC 1 of the scientific Python project)."""

__version__ = "0.1.0"

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(__name__, submod_attrs={
    'tables': ['ResultsError'],
    'results': ['Results', 'ResultsWarning', 'get_results', 'list_benchmarks'],
    'models': ['split_name', 'current_name', 'family', 'pretrain', 'license'],
    'accuracy': ['get_accuracy'],
    'data': ['get_data'],
    'unjoined': ['unmatched'],
    'plots': ['show_all', 'show_subs', 'show_params'],
    'decision_plots': ['show_frontier', 'show_compare'],
    'robustness': ['effective_robustness'],
    'robustness_plots': ['show_robustness'],
    'history': ['get_history', 'best_by_day'],
    'history_plots': ['show_history'],
    'choose': ['frontier', 'best', 'better_than'],
    'comparison': ['compare'],
    'cards': ['card'],
    'measure': ['measure'],
    'estimate': ['estimate', 'pick_models'],
    'explorer': ['explorer'],
    'notes': ['fastnbs', 'fastlistnbs'],
    'note_markdown': ['ipy2md'],
})
