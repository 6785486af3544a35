'use strict';
// What can be put on an axis, which way it is better, and where its ticks go.
const axes = (() => {
  // Every quantity: `id`, `name` for lists, `group`, `better`, whether `log` at first, and how its numbers are written.
  // What is no accuracy comes with the page's data, from `timm_bench.columns`.
  function list(data, comparing) {
    const costs = data.raw.axes.map(axis => ({ ...axis, write: format[axis.write] })).filter(axis => comparing || axis.group !== 'Comparison');
    const accuracies = ['top1', 'top5'].flatMap(top =>
      data.raw.sets.filter(set => data.columns[`${top}_${set.id}`].some(percent => !Number.isNaN(percent))).map(set => ({
        id: `${top}_${set.id}`,
        name: `${set.name} ${top === 'top1' ? set.measure : 'top-5'} (%)`,
        better: 'high',
        log: false,
        write: format.percent,
        group: 'Accuracy',
        set,
      })),
    );
    return [...costs, ...accuracies];
  }

  const isAccuracy = id => /^top[15]_/.test(id);

  // The accuracy that budgets, the table and "better than" go by: that of an axis, or the first there is.
  function accuracyOf(data, state) {
    return [state.y, state.x].find(isAccuracy) ?? `top1_${data.raw.sets[0].id}`;
  }

  const folded = 'ran with its branches folded';

  // How many times faster a point is on the second hardware; NaN where it ran with its branches folded on one of the two alone.
  const speedup = (here, there, point) => (here.folded.has(point) === there.folded.has(point) ? here.secs[point] / there.secs[point] : NaN);

  // A quantity of every point; NaN where it is not known.
  function values(data, id, here, there) {
    if (isAccuracy(id)) return data.columns[id];
    if (id === 'size') return data.size;
    if (id === 'secs_b') return there?.secs ?? new Float64Array(data.n).fill(NaN);
    if (id === 'speedup') return there ? here.secs.map((_, point) => speedup(here, there, point)) : new Float64Array(data.n).fill(NaN);
    return here[id];
  }

  // Whether times are the latency of one image, or amortised over a batch, from the smallest and the largest batch; in words.
  function kindOfTime(batches) {
    if (!batches) return 'batch size not told';
    const [low, high] = batches;
    if (high === 1) return 'latency at batch size 1';
    return `amortised over batches of ${low === high ? format.count(low) : `${format.count(low)} to ${format.count(high)}`}, not latency`;
  }

  function title(axis, { there, batches, secondBatches }) {
    if (axis.id === 'secs') return `time per image (${kindOfTime(batches)})`;
    if (axis.id === 'rate') return `images per second (${batches?.[1] === 1 ? 'at batch size 1' : 'large batches'})`;
    if (axis.id === 'secs_b') return `time per image on ${there ? `${there.label} (${kindOfTime(secondBatches)})` : 'the second hardware'}`;
    if (axis.id === 'speedup') return `times faster on ${there?.label ?? 'the second hardware'}`;
    return axis.name.replace(/^(?!MAC)[A-Z](?=[a-z]+ )/, letter => (axis.set ? letter : letter.toLowerCase()));
  }

  // The same in fewer words, for where there is little room; that a time is amortised is the last to go.
  function briefly(axis, { batches, secondBatches }) {
    const of = axis.id === 'secs_b' ? secondBatches : batches;
    if (!['secs', 'secs_b'].includes(axis.id) || !of) return [];
    const short = axis.id === 'secs_b' ? 'time, second hardware' : 'time per image';
    return of[1] === 1 ? [`${short} (latency)`] : [`${short} (amortised, not latency)`, `${short} (amortised)`];
  }

  const nice = step => {
    const power = 10 ** Math.floor(Math.log10(step));
    return power * ([1, 2, 2.5, 5, 10].find(digit => digit * power >= step * (1 - 1e-9)) ?? 10);
  };

  function evenTicks(low, high, room) {
    const step = nice((high - low) / Math.max(1, room - 1)),
      found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  }

  // Places for ticks between two values, at most about `room` of them: 1, 2 and 5 of each decade where the axis is logarithmic.
  function ticks(low, high, log, room) {
    if (!(high > low)) return [low];
    if (!log) return evenTicks(low, high, room);
    const decades = [];
    for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); d++) decades.push(d);
    const within = (digits, every = 1) =>
      decades
        .filter(d => d % every === 0)
        .flatMap(d => digits.map(digit => Number((digit * 10 ** d).toPrecision(12))))
        .filter(v => v >= low && v <= high);
    const found = [within([1, 2, 5]), within([1, 3]), within([1]), within([1], 2), within([1], 3)].find(some => some.length <= room) ?? [];
    return found.length >= 2 ? found : evenTicks(low, high, Math.min(room, 5));
  }

  // The ends of an axis around columns' values, with a little room; in powers of ten where it is logarithmic. `null` where there is nothing.
  function range(columns, rows, log, pad = 0.04) {
    let low = Infinity,
      high = -Infinity;
    for (const values of columns)
      for (const row of rows) {
        const v = log ? Math.log10(values[row]) : values[row];
        if (v < low) low = v;
        if (v > high) high = v;
      }
    if (!(high >= low)) return null;
    const room = (high - low || (log ? 0.2 : Math.abs(high) * 0.1 || 1)) * pad;
    return high > low ? [low - room, high + room] : [low - room * 6, high + room * 6];
  }

  const isSpeed = id => id === 'secs' || id === 'rate';

  // Where every point would be on the second hardware; `null` where a comparison shows nothing on these axes.
  function second(now, view) {
    if (!view.there || isSpeed(now.x) === isSpeed(now.y)) return null;
    return { x: isSpeed(now.x) ? view.there[now.x] : view.x, y: isSpeed(now.y) ? view.there[now.y] : view.y };
  }

  return { second, list, isAccuracy, accuracyOf, values, speedup, folded, kindOfTime, title, briefly, ticks, range };
})();
