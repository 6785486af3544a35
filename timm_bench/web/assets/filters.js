'use strict';
// Which points are shown, and why the others are not.
const filters = (() => {
  const bit = Object.fromEntries(
    ['x', 'y', 'q', 'tmax', 'pmax', 'mmax', 'amax', 'accmin', 'size', 'fam', 'lic', 'pre', 'full', 'edge'].map((name, i) => [name, 1 << i]),
  );

  // A time in as few digits as one reads, and never less than it is: the model itself is within it.
  function rounded(secs) {
    const near = Number(secs.toPrecision(6));
    return near >= secs ? near : Number((secs * (1 + 1e-5)).toPrecision(6));
  }

  // A budget that one model just fits, and how it is written.
  function nearestOf(name, least) {
    const value = name === 'tmax' ? rounded(least) : least;
    return { value, words: budgets[name].write(value) };
  }

  // A time as it is written, or that of a model, by its full name, on this hardware at the smallest image size that it has there.
  // A bare number is none: 5 may be meant in seconds or in milliseconds.
  function readTime(text, data, here) {
    if (format.bare(text)) return NaN;
    const secs = format.parseTime(text),
      asked = Number.isNaN(secs) ? format.parseRelative(text) : null;
    if (!asked) return secs;
    let own = -1;
    for (let point = 0; point < data.n; point++)
      if (here.rate[point] > 0 && [data.lower[point], data.weight[point].toLowerCase()].includes(asked.name))
        if (own < 0 || data.size[point] < data.size[own]) own = point;
    return own < 0 ? NaN : rounded(asked.times * here.secs[own]);
  }

  // The budgets: which column they limit, and how they are written and read.
  const budgets = {
    tmax: {
      name: 'Time per image',
      most: true,
      column: (data, here) => here.secs,
      write: format.exactTime,
      read: readTime,
      example: '5 ms, 200/s or 0.5x resnet50.a1_in1k',
    },
    pmax: {
      name: 'Parameters',
      most: true,
      column: (data, here) => here.params,
      write: v => `${v} M`,
      read: text => format.parseAmount(text, 1e6),
      example: '25 M',
    },
    mmax: {
      name: 'MACs',
      most: true,
      column: (data, here) => here.macs,
      write: v => `${v} G`,
      read: text => format.parseAmount(text, 1e9),
      example: '4 G',
    },
    amax: {
      name: 'Activations',
      most: true,
      column: (data, here) => here.acts,
      write: v => `${v} M`,
      read: text => format.parseAmount(text, 1e6),
      example: '10 M',
    },
    accmin: {
      name: 'Accuracy',
      most: false,
      column: (data, here, accuracy) => accuracy,
      write: v => `${v} %`,
      read: text => format.parseAmount(text, 1),
      example: '80 %',
    },
  };

  // Every filter that is on, in words: for the chips above the table.
  function active(data, now, axisName) {
    const found = [],
      some = (values, none) => values.map(value => (value === null ? none : value)).join(', ');
    if (now.q.trim()) found.push({ name: 'q', words: `name has “${now.q.trim()}”`, off: { q: '' } });
    for (const [name, budget] of Object.entries(budgets))
      if (now[name] !== null)
        found.push({
          name,
          words: `${name === 'accmin' ? axisName : budget.name.toLowerCase().replace('macs', 'MACs')} ${budget.most ? '≤' : '≥'} ${budget.write(now[name])}`,
          off: { [name]: null },
        });
    if (now.smin !== null || now.smax !== null)
      found.push({
        name: 'size',
        words: `image ${now.smin !== null ? `≥ ${now.smin}` : ''}${now.smin !== null && now.smax !== null ? ' and ' : ''}${now.smax !== null ? `≤ ${now.smax}` : ''} px`,
        off: { smin: null, smax: null },
      });
    if (now.fam.length) found.push({ name: 'fam', words: `family ${some(now.fam)}`, off: { fam: [] } });
    if (now.lic.length) found.push({ name: 'lic', words: `licence ${some(now.lic, 'none declared')}`, off: { lic: [] } });
    if (now.pre.length) found.push({ name: 'pre', words: `pre-training ${some(now.pre, 'not told')}`, off: { pre: [] } });
    if (now.full) found.push({ name: 'full', words: 'only complete rows', off: { full: false } });
    if (now.edge) found.push({ name: 'edge', words: 'only the frontier', off: { edge: false } });
    return found;
  }

  // A column's values that are let through, by code; `null` for all.
  function allowed(column, wanted, more = {}) {
    if (!wanted.length) return null;
    const names = new Set(wanted.flatMap(name => more[name] ?? [name]));
    return Uint8Array.from(column.names, name => (names.has(name) ? 1 : 0));
  }

  // The columns that this benchmark fills for any model: a row is complete that has them all.
  function filled(data, here) {
    const columns = [here.secs, here.batch, here.params, here.macs, here.acts, ...data.raw.sets.map(set => data.columns[`top1_${set.id}`])];
    return columns.filter(column => here.rate.some((rate, point) => rate > 0 && !Number.isNaN(column[point])));
  }

  // For every point, the filters that it fails, as bits; `ignored` for a second row of a point that this benchmark does not have.
  function failures(data, now, here, x, y, xlog, ylog) {
    const fails = new Uint32Array(data.n),
      accuracy = data.columns[axes.accuracyOf(data, now)];
    const words = now.q.toLowerCase().split(/\s+/).filter(Boolean);
    const limits = Object.entries(budgets)
      .filter(([name]) => now[name] !== null)
      .map(([name, budget]) => [bit[name], budget.column(data, here, accuracy), now[name], budget.most]);
    const facets = [
      [bit.fam, data.family.codes, allowed(data.family, now.fam)],
      [bit.lic, data.license.codes, allowed(data.license, now.lic, { commercial: data.raw.commercial })],
      [bit.pre, data.pretrain.codes, allowed(data.pretrain, now.pre)],
    ].filter(([, , some]) => some);
    const complete = now.full ? filled(data, here) : [];
    for (let point = 0; point < data.n; point++) {
      let failed = 0;
      if (Number.isNaN(x[point]) || (xlog && !(x[point] > 0))) failed |= bit.x;
      if (Number.isNaN(y[point]) || (ylog && !(y[point] > 0))) failed |= bit.y;
      for (const word of words)
        if (!data.lower[point].includes(word)) {
          failed |= bit.q;
          break;
        }
      for (const [own, column, limit, most] of limits) if (!(most ? column[point] <= limit : column[point] >= limit)) failed |= own;
      if ((now.smin !== null && !(data.size[point] >= now.smin)) || (now.smax !== null && !(data.size[point] <= now.smax))) failed |= bit.size;
      for (const [own, codes, some] of facets) if (!some[codes[point]]) failed |= own;
      for (const column of complete)
        if (Number.isNaN(column[point])) {
          failed |= bit.full;
          break;
        }
      fails[point] = failed;
    }
    return fails;
  }

  // How many points each value of a column has, among those that pass all other filters.
  function facet(column, fails, own, counted) {
    const counts = new Int32Array(column.names.length);
    for (let point = 0; point < fails.length; point++) if (counted[point] && !(fails[point] & ~own)) counts[column.codes[point]]++;
    return counts;
  }

  // Everything that the page shows of a state.
  function look(data, now) {
    const all = axes.list(data, data.benchmarks.has(now.vs)),
      accuracy = all.find(axis => axis.id === axes.accuracyOf(data, now));
    const here = tables.measured(data, now.hw, accuracy.set),
      there = tables.measured(data, now.vs, accuracy.set);
    const [xAxis, yAxis] = [now.x, now.y].map(id => all.find(axis => axis.id === id));
    const xlog = now.xlog ?? xAxis.log,
      ylog = now.ylog ?? yAxis.log;
    const x = axes.values(data, now.x, here, there),
      y = axes.values(data, now.y, here, there);
    const fails = failures(data, now, here, x, y, xlog, ylog);
    const counted = Uint8Array.from(data.again, (again, point) => (again === 0 || here.rate[point] > 0 ? 1 : 0));
    let rows = [];
    for (let point = 0; point < data.n; point++) if (counted[point] && !fails[point]) rows.push(point);
    const edge = now.front || now.edge ? frontier.unbeaten(rows, x, y, xAxis.better, yAxis.better) : [];
    const passed = rows;
    if (now.edge) {
      rows = edge.slice();
      const on = new Set(edge);
      for (const point of passed) if (!on.has(point)) fails[point] |= bit.edge;
    }
    const facets = {
      fam: facet(data.family, fails, bit.fam, counted),
      lic: facet(data.license, fails, bit.lic, counted),
      pre: facet(data.pretrain, fails, bit.pre, counted),
    };
    const timed = rows.length ? rows : Array.from(counted.keys()); // whose batch sizes are told: those shown
    return {
      here,
      there,
      batches: tables.batches(here, timed),
      secondBatches: there ? tables.batches(there, timed) : null,
      all,
      xAxis,
      yAxis,
      xlog,
      ylog,
      x,
      y,
      fails,
      counted,
      rows,
      edge,
      onEdge: new Set(edge),
      tiedSteps: new Set(yAxis.set ? frontier.tiedSteps(edge, y, data.errors[yAxis.id]) : []),
      ties: new Set(frontier.ties(rows, data.columns[accuracy.id], here.secs, data.errors[accuracy.id])),
      facets,
      counts: count(fails, counted),
    };
  }

  function count(fails, counted) {
    const found = { all: 0, shown: 0, noValue: 0, filtered: 0 }; // `noValue`: no place in the chart
    for (let point = 0; point < fails.length; point++) {
      if (!counted[point]) continue;
      found.all++;
      if (!fails[point]) found.shown++;
      else if (fails[point] & (bit.x | bit.y)) found.noValue++;
      else found.filtered++;
    }
    return found;
  }

  // For an empty view: what to switch off, with how many points that would show, most first; and how far a budget would have to give way.
  function loosen(data, now, view, chips) {
    const accuracy = data.columns[axes.accuracyOf(data, now)];
    const single = chips.map(chip => {
      const own = bit[chip.name],
        budget = budgets[chip.name],
        column = budget?.column(data, view.here, accuracy);
      let without = 0,
        nearest = NaN;
      for (let point = 0; point < data.n; point++) {
        if (!view.counted[point] || view.fails[point] !== own) continue;
        without++;
        if (column && !(budget.most ? column[point] >= nearest : column[point] <= nearest) && !Number.isNaN(column[point])) nearest = column[point];
      }
      return {
        words: chip.words,
        off: chip.off,
        name: chip.name,
        without,
        nearest: without && budget ? nearestOf(chip.name, nearest) : null,
      };
    });
    const found = single.some(way => way.without) ? single : together(view, chips);
    return found
      .filter(way => way.without)
      .sort((a, b) => b.without - a.without)
      .slice(0, 6);
  }

  // Where no filter alone is to blame: the fewest that have to go together, with how many points that would show.
  function together(view, chips) {
    const counts = new Map(),
      size = mask => chips.filter(chip => mask & bit[chip.name]).length;
    view.fails.forEach((mask, point) => {
      if (view.counted[point] && !(mask & (bit.x | bit.y))) counts.set(mask, (counts.get(mask) ?? 0) + 1);
    });
    const fewest = Math.min(...[...counts.keys()].map(size));
    return [...counts]
      .filter(([mask]) => size(mask) === fewest)
      .map(([mask, without]) => {
        const some = chips.filter(chip => mask & bit[chip.name]);
        return { words: some.map(chip => chip.words).join(' and '), off: Object.assign({}, ...some.map(chip => chip.off)), without, nearest: null };
      });
  }

  return { bit, budgets, active, look, loosen, filled };
})();
