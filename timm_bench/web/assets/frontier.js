'use strict';
// What nothing beats, and what beats a model.
const frontier = (() => {
  // Of `rows`, those that no other beats on both axes, best x first; equal ones together, as in timm_bench's `frontier`.
  function unbeaten(rows, x, y, xBetter, yBetter) {
    const across = xBetter === 'high' ? -1 : 1,
      up = yBetter === 'high' ? -1 : 1;
    const order = Array.from(rows)
      .filter(row => !Number.isNaN(x[row]) && !Number.isNaN(y[row]))
      .sort((a, b) => across * (x[a] - x[b]) || up * (y[a] - y[b]) || a - b);
    const found = [];
    let leader = -1;
    for (const row of order) {
      if (leader < 0 || up * (y[row] - y[leader]) < 0) leader = row;
      if (y[row] === y[leader] && x[row] === x[leader]) found.push(row);
    }
    return found;
  }

  // Of `rows`, those that are faster than a row and at least as accurate, most accurate first.
  function betterThan(row, rows, secs, accuracy) {
    return Array.from(rows)
      .filter(other => secs[other] < secs[row] && accuracy[other] >= accuracy[row])
      .sort((a, b) => accuracy[b] - accuracy[a] || secs[a] - secs[b] || a - b);
  }

  // The binomial standard error of an accuracy in percent.
  const error = (percent, images) => Math.sqrt((percent * (100 - percent)) / images);
  // What chance alone explains in 95 of 100 cases, from a standard error.
  const chance = error => 1.96 * error;
  // Whether two accuracies in percent, each with its standard error, are too close to tell apart.
  const isTie = (one, other, oneError, otherError) => Math.abs(one - other) <= chance(Math.hypot(oneError, otherError));

  // Of `rows`, the most accurate, the fastest of them where several are; -1 for none.
  const mostAccurate = (rows, accuracy, secs) =>
    Array.from(rows).reduce(
      (first, row) =>
        !Number.isNaN(accuracy[row]) && (first < 0 || accuracy[row] > accuracy[first] || (accuracy[row] === accuracy[first] && secs[row] < secs[first]))
          ? row
          : first,
      -1,
    );

  // Of `rows`, those that tie with the most accurate, without itself, as in timm_bench's `best`.
  function ties(rows, accuracy, secs, errors) {
    const first = mostAccurate(rows, accuracy, secs);
    return Array.from(rows).filter(row => row !== first && first >= 0 && isTie(accuracy[row], accuracy[first], errors[row], errors[first]));
  }

  // Of a frontier, best x first, the rows that tie with the step before, as in timm_bench's `frontier`.
  function tiedSteps(edge, accuracy, errors) {
    const found = [];
    let now = [NaN, NaN], // a step's accuracy and its error
      before = now;
    for (const row of edge) {
      if (accuracy[row] !== now[0]) [before, now] = [now, [accuracy[row], errors[row]]];
      if (isTie(now[0], before[0], now[1], before[1])) found.push(row);
    }
    return found;
  }

  const median = values => {
    const sorted = Float64Array.from(values).sort(),
      middle = sorted.length >> 1;
    return sorted.length ? (sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2) : NaN;
  };

  return { unbeaten, betterThan, isTie, mostAccurate, ties, tiedSteps, error, chance, median };
})();
