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

  // The accuracies on a test set, and their standard errors: the point's own where it brings one, else what chance in the images explains.
  function readSet(data, { id, images }) {
    const points = data.raw.points;
    for (const name of [`top1_${id}`, `top5_${id}`]) {
      data.columns[name] = numbers(unpack(points[name]));
      data.errors[name] = data.columns[name].map(percent => frontier.error(percent, images));
    }
    if (points[`error_${id}`]) data.errors[`top1_${id}`] = numbers(unpack(points[`error_${id}`]));
  }

  // The point that tells a model's accuracy on a test set: itself, or the one of the size that all were fine-tuned at; -1 for none.
  const tested = (data, set, point) => (set.size ? (data.index.get(`${data.model[point]}@${set.size}`) ?? -1) : point);

  function read(raw) {
    const points = raw.points,
      n = points.model.length,
      data = { raw, n, model: points.model, columns: {}, errors: {} };
    for (const name of ['params', 'macs', 'acts', 'size', 'again']) data[name] = numbers(unpack(points[name]));
    for (const name of ['family', 'pretrain', 'license']) data[name] = coded(unpack(points[name]));
    for (const set of raw.sets) readSet(data, set);
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

  // What a benchmark says of each point, NaN where it says nothing. `null` for no benchmark. Of rows that joined accuracies
  // after fine-tuning alone nothing is said where models are chosen by another test set.
  function measured(data, id, chosenBy = null) {
    if (!data.benchmarks.has(id)) return null;
    if (!data.read.has(id)) {
      const all = decode(data, data.benchmarks.get(id));
      data.read.set(id, { all, others: all.tuned.size ? without(all, all.tuned) : all });
    }
    return data.read.get(id)[chosenBy && !chosenBy.size ? 'others' : 'all'];
  }

  function without(here, points) {
    const left = { ...here };
    for (const name of ['rate', 'secs', 'batch']) left[name] = here[name].map((value, point) => (points.has(point) ? NaN : value));
    return left;
  }

  function decode(data, about) {
    const at = places(about.at),
      here = { about, id: about.id, label: about.label, rows: at.length };
    for (const name of ['rate', 'batch', 'train_size', 'low', 'high', 'estimated']) here[name] = about[name] ? spread(about[name], at, data.n) : null;
    here.folded = new Set((about.folded ?? []).map(row => at[row])); // points that ran with their branches folded
    here.tuned = new Set((about.tuned ?? []).map(row => at[row])); // points that joined accuracies after fine-tuning alone
    here.secs = here.rate.map(rate => 1 / rate);
    for (const name of ['params', 'macs', 'acts']) {
      here[name] = data[name].slice();
      (about[name]?.at ?? []).forEach((row, i) => {
        here[name][at[row]] = about[name].is[i] ?? NaN;
      });
    }
    return here;
  }

  // The smallest and the largest batch size of some points, as of a frame in timm_bench; `null` where none is told.
  function batches(here, rows) {
    const sizes = rows.map(row => here.batch[row]).filter(size => size > 0);
    return sizes.length ? [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))] : null;
  }

  return { read, measured, batches, tested, unpack, places };
})();
