"""The fake engine, which also notes what it has finished, in the file $LEDGER.

What a run that is killed may lose is the model in hand alone."""
import os

import fake_engine

describe = fake_engine.describe


def benchmark(job):
    result = fake_engine.benchmark(job)
    with open(os.environ['LEDGER'], 'a') as ledger: ledger.write(job['model'] + '\n')
    return result
