"The package's metadata, read from `settings.ini`, its one home."
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
config = ConfigParser(delimiters=['='])
config.read(here / 'settings.ini', encoding='utf-8')
settings = config['DEFAULT']

setup(
    name=settings['lib_name'],
    version=settings['version'],
    description=settings['description'],
    long_description=(here / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author=settings['author'],
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords=settings['keywords'].split(),
    packages=find_packages(include=['timm_bench', 'timm_bench.*']),
    package_data={'timm_bench': ['bundled/*', 'bundled/results/*', 'web/assets/*', 'notes/*.html', 'py.typed', '*.pyi']},
    python_requires='>=' + settings['min_python'],
    install_requires=settings['requirements'].split(),
    extras_require={extra: settings[f'{extra}_requirements'].split() for extra in ('dev', 'measure', 'probe', 'fleet', 'notes')},
    entry_points={'console_scripts': settings['console_scripts'].split(),
                  'nbdev': [f"{settings['lib_name']}={settings['lib_name']}._modidx:d"]},
    classifiers=['Development Status :: 3 - Alpha', 'Intended Audience :: Developers', 'Intended Audience :: Science/Research',
                 'Programming Language :: Python :: 3', 'Topic :: Scientific/Engineering :: Image Recognition', 'Typing :: Typed'],
    zip_safe=False,
)
