'use strict';
// The page's data, from the small form in which it travels to columns that are quick to filter.
const tables = (() => {
  // A column is its values, or its values (`of`) and the place (`at`) of each.
  const unpack = column => (Array.isArray(column) ? column : column.at.map(place => column.of[place]));
  const numbers = values => Float64Array.from(values, value => value ?? NaN);

  // Texts as whole numbers, and what each number stands for.
  function coded(values) {
    const names = [...new Set(values)],
      place = new Map(names.map((name, code) => [name, code]));
    return { names, codes: Int32Array.from(values, value => place.get(value)) };
  }

  function read(raw) {
    const points = raw.points,
      n = points.model.length,
      data = { raw, n, model: points.model, columns: {} };
    for (const name of ['params', 'macs', 'acts', 'size', 'again']) data[name] = numbers(unpack(points[name]));
    for (const name of ['family', 'pretrain', 'license']) data[name] = coded(unpack(points[name]));
    for (const { id } of raw.sets) for (const top of ['top1', 'top5']) data.columns[`${top}_${id}`] = numbers(unpack(points[`${top}_${id}`]));
    data.weight = points.model.slice();
    points.weight.at.forEach((point, i) => {
      data.weight[point] = points.weight.is[i];
    });
    data.lower = data.model.map(name => name.toLowerCase());
    data.keys = data.model.map((name, point) => `${name}@${data.size[point]}` + (data.again[point] ? `~${data.again[point]}` : ''));
    data.index = new Map(data.keys.map((key, point) => [key, point]));
    data.benchmarks = new Map(raw.benchmarks.map(benchmark => [benchmark.id, benchmark]));
    data.read = new Map();
    return data;
  }

  // Where each row of a benchmark belongs, from runs: start, length, start, length …
  function places(runs) {
    const found = [];
    for (let i = 0; i < runs.length; i += 2) for (let j = 0; j < runs[i + 1]; j++) found.push(runs[i] + j);
    return found;
  }

  function spread(column, at, n) {
    const whole = new Float64Array(n).fill(NaN),
      values = unpack(column);
    at.forEach((point, row) => {
      whole[point] = values[row] ?? NaN;
    });
    return whole;
  }

  // What a benchmark says of each point, NaN where it says nothing. `null` for no benchmark.
  function measured(data, id) {
    if (!data.benchmarks.has(id)) return null;
    if (!data.read.has(id)) data.read.set(id, decode(data, data.benchmarks.get(id)));
    return data.read.get(id);
  }

  function decode(data, about) {
    const at = places(about.at),
      here = { about, id: about.id, label: about.label, rows: at.length };
    for (const name of ['rate', 'batch', 'train_size', 'low', 'high', 'estimated']) here[name] = about[name] ? spread(about[name], at, data.n) : null;
    here.folded = new Set((about.folded ?? []).map(row => at[row])); // points that ran with their branches folded
    here.secs = here.rate.map(rate => 1 / rate);
    for (const name of ['params', 'macs', 'acts']) {
      here[name] = data[name].slice();
      (about[name]?.at ?? []).forEach((row, i) => {
        here[name][at[row]] = about[name].is[i] ?? NaN;
      });
    }
    const sizes = here.batch.filter(size => size > 0);
    here.batches = sizes.length ? [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))] : null;
    return here;
  }

  return { read, measured, unpack, places };
})();
