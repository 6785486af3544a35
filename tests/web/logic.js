// Tests of the explorer's scripts that know nothing of the page. tests/web/test_explorer.py runs each in Chromium.
const tests = {};
const show = value =>
  JSON.stringify(value, (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : ArrayBuffer.isView(v) ? Array.from(v) : v));
const equal = (one, other) => {
  if (show(one) !== show(other)) throw new Error(`${show(one)} is not ${show(other)}`);
};

// Four models, two benchmarks: the second lacks a model, and has one that the first lacks.
const raw = () => ({
  sets: [
    { id: 'imagenet', name: 'ImageNet', measure: 'top-1', images: 50000, size: null },
    { id: 'a', name: 'ImageNet-A', measure: 'top-1', images: 7500, size: null },
  ],
  axes: [
    { id: 'secs', name: 'Time per image', better: 'low', log: true, group: 'Speed', write: 'time' },
    { id: 'rate', name: 'Images per second', better: 'high', log: true, group: 'Speed', write: 'number' },
    { id: 'secs_b', name: 'Time per image, second hardware', better: 'low', log: true, group: 'Comparison', write: 'time' },
    { id: 'speedup', name: 'Speed-up, second against first', better: 'high', log: true, group: 'Comparison', write: 'times' },
    { id: 'params', name: 'Parameters (millions)', better: 'low', log: true, group: 'Size', write: 'number' },
    { id: 'macs', name: 'MACs (billions)', better: 'low', log: true, group: 'Size', write: 'number' },
    { id: 'acts', name: 'Activations (millions)', better: 'low', log: true, group: 'Size', write: 'number' },
    { id: 'size', name: 'Test image size (pixels)', better: 'low', log: false, group: 'Size', write: 'number' },
  ],
  commercial: ['mit'],
  colours: 2,
  default: 'one',
  hues: { resnet: '#332288', convnext: '#cc6677', convnext_in22: '#882255', convnext_in12: '#882255' },
  symbols: { convnext_in12: 'diamond' },
  coloured: ['resnet', 'convnext'],
  grey: '#a8a8a8',
  points: {
    model: ['resnet_a', 'resnet_b', 'vit_c', 'vit_d'],
    size: [224, 288, 224, 384],
    again: { of: [0], at: [0, 0, 0, 0] },
    family: { of: ['resnet', 'vit'], at: [0, 0, 1, 1] },
    pretrain: [null, 'in22k', null, null],
    license: ['mit', 'mit', null, 'cc-by-nc-4.0'],
    weight: { at: [1], is: ['resnet_b.new'] },
    params: [10, 20, 30, 40],
    macs: [1, 2, null, 4],
    acts: [1, 2, 3, 4],
    top1_imagenet: [70, 80, 75, null],
    top5_imagenet: [90, 95, 92, null],
    top1_a: [10, null, 12, null],
    top5_a: [20, null, 22, null],
  },
  benchmarks: [
    {
      id: 'one',
      label: 'One',
      kind: 'public',
      part: 'infer',
      file: 'one.csv',
      at: [0, 4],
      rate: [1000, 500, 500, 100],
      batch: { of: [256, 128], at: [0, 0, 1, 1] },
      params: { at: [1], is: [21] },
    },
    { id: 'two', label: 'Two', kind: 'own', part: 'infer', file: 'two.csv', at: [0, 1, 2, 1], rate: [2000, 600], batch: [1, 1] },
  ],
});
const look = patch => {
  const data = tables.read(raw());
  return { data, view: filters.look(data, state.settle({ ...state.initial(data), ...patch }, data)) };
};
const shown = patch => {
  const { data, view } = look(patch);
  return view.rows.map(point => data.model[point]);
};

tests['a time is written in the unit that suits it'] = () =>
  equal(
    [0.00123, 2, 4e-5, 3e-9, NaN, 0.9996].map(v => format.time(v)),
    ['1.23 ms', '2 s', '40 µs', '3 ns', '–', '1 s'],
  );
tests['a time is read in every form that timm_bench takes'] = () =>
  equal(
    ['5ms', '5 ms', '200us', '200 µs', '0.01', '.01s', '200/s', '1e-3', '1,000/s', '5NS', '5sec', '200fps'].map(format.parseTime),
    [5e-3, 5e-3, 2e-4, 2e-4, 0.01, 0.01, 5e-3, 1e-3, 1e-3, 5e-9, 5, 5e-3],
  );
tests['what is no time is refused'] = () =>
  equal(
    ['', 'soon', '-5ms', '0', '5 m', '5ms5', 'ms', 'Infinity', '1e999'].map(format.parseTime).map(v => Number.isFinite(v)),
    Array(9).fill(false),
  );
tests['a limit is shown so exactly that reading it gives it back'] = () => {
  for (const secs of [1 / 3, 0.00123, 5e-5, 1 / 194812.41, 12.5, 9.9995e-4]) equal(format.parseTime(format.exactTime(secs)), secs);
};
tests['amounts have letters'] = () =>
  equal(
    [
      format.parseAmount('25M', 1e6),
      format.parseAmount('25', 1e6),
      format.parseAmount('4 g', 1e9),
      format.parseAmount('500K', 1e6),
      format.parseAmount('80 %', 1),
      format.parseAmount('x', 1),
    ],
    [25, 25, 4, 0.5, 80, 'NaN'],
  );
tests['numbers are grouped and short'] = () => equal([1013.01, 25.5612, 0.37, NaN].map(format.number), ['1,013', '25.56', '0.37', '–']);
tests['plotly gets nothing that it could take for markup'] = () => equal(format.forPlotly('<b>&amp;</b>'), '&lt;b&gt;&amp;amp;&lt;/b&gt;');

tests['columns are unpacked'] = () =>
  equal(
    [tables.unpack({ of: ['a', null], at: [0, 1, 0] }), tables.unpack([1, 2]), tables.places([3, 2, 9, 1])],
    [
      ['a', null, 'a'],
      [1, 2],
      [3, 4, 9],
    ],
  );
tests['a benchmark says its own of a model, and nothing where it has nothing'] = () => {
  const data = tables.read(raw());
  equal(
    [tables.measured(data, 'one').params, tables.measured(data, 'two').secs, tables.measured(data, 'two').params[1], tables.measured(data, 'none')],
    [[10, 21, 30, 40], [1 / 2000, 'NaN', 1 / 600, 'NaN'], 20, null],
  );
};
tests['what ran folded on one of two benchmarks alone is not compared'] = () => {
  const with_folded = raw();
  with_folded.benchmarks[1].folded = [1]; // its second row, which is the third model
  const data = tables.read(with_folded),
    [one, two] = ['one', 'two'].map(id => tables.measured(data, id));
  equal([[...one.folded], [...two.folded]], [[], [2]]);
  equal(
    [0, 2].map(point => axes.speedup(one, two, point)),
    [2, 'NaN'],
  );
  equal(axes.values(data, 'speedup', one, two), [2, 'NaN', 'NaN', 'NaN']);
  one.folded.add(2);
  equal(Math.round(100 * axes.speedup(one, two, 2)), 120);
};
tests['seconds are one divided by the throughput, to the last bit'] = () =>
  equal(tables.measured(tables.read(raw()), 'two').secs[2] === 1 / 600, true);

tests['ticks are 1, 2 and 5 of every decade, as many as there is room for'] = () =>
  equal(
    [axes.ticks(0.8, 120, true, 20), axes.ticks(0.8, 120, true, 4), axes.ticks(1, 1e9, true, 5), axes.ticks(71, 89, false, 5)],
    [
      [1, 2, 5, 10, 20, 50, 100],
      [1, 10, 100],
      [1, 100, 1e4, 1e6, 1e8],
      [75, 80, 85],
    ],
  );
tests['a narrow logarithmic axis has ticks too'] = () => {
  for (const [low, high] of [
    [80, 90],
    [1.01, 1.02],
    [0.00011, 0.00019],
  ])
    equal(axes.ticks(low, high, true, 6).length >= 2, true);
};
tests['no ticks coincide'] = () => {
  for (let i = 0; i < 200; i++) {
    const low = 10 ** (i / 20 - 5),
      high = low * (1 + (i % 7) ** 3),
      found = axes.ticks(low, high, i % 2 === 0, 3 + (i % 9));
    equal(new Set(found).size, found.length);
    equal(found.length <= 13, true);
  }
};
tests['a range has room at either end, also around one value'] = () => {
  equal(
    axes.range([[1, 10, 5]], [0, 1], false).map(v => v.toFixed(2)),
    ['0.64', '10.36'],
  );
  equal(axes.range([[7]], [0], true)[0] < Math.log10(7), true);
  equal(axes.range([[7]], [], false), null);
};
tests['the kind of time is told'] = () => {
  const data = tables.read(raw());
  equal(
    ['one', 'two'].map(id => axes.kindOfTime(tables.batches(tables.measured(data, id), [0, 1, 2, 3]))),
    ['amortised over batches of 128 to 256, not latency', 'latency at batch size 1'],
  );
};

tests['the frontier keeps ties together and leaves out what has no value'] = () =>
  equal(frontier.unbeaten([0, 1, 2, 3, 4, 5], [1, 1, 2, 2, 3, NaN], [70, 70, 80, 79, 80, 99], 'low', 'high'), [0, 1, 2]);
tests['the frontier goes by what is better on each axis'] = () =>
  equal(
    [frontier.unbeaten([0, 1, 2], [1, 2, 3], [3, 2, 1], 'high', 'high'), frontier.unbeaten([0, 1, 2], [1, 2, 3], [3, 2, 4], 'low', 'low')],
    [
      [2, 1, 0],
      [0, 1],
    ],
  );
tests['no frontier point is beaten, and every other is, whatever the points'] = () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) % 12;
  for (let round = 0; round < 60; round++) {
    const rows = Array.from({ length: 40 }, (_, i) => i),
      x = rows.map(random),
      y = rows.map(random),
      on = new Set(frontier.unbeaten(rows, x, y, 'low', 'high'));
    for (const row of rows) equal(on.has(row), !rows.some(o => x[o] <= x[row] && y[o] >= y[row] && (x[o] < x[row] || y[o] > y[row])));
  }
};
tests['better is faster and at least as accurate'] = () => equal(frontier.betterThan(0, [0, 1, 2, 3], [5, 4, 4, 5], [80, 80, 79, 90]), [1]);
tests['a tie is a difference that chance explains'] = () =>
  equal([frontier.isTie(85, 85.2, 0.16, 0.16), frontier.isTie(85, 86, 0.16, 0.16), frontier.isTie(85, 86, 0.16, 0.6)], [true, false, true]);
tests['the error of an accuracy is that of chance, or its own'] = () => {
  equal(frontier.error(85, 50000).toFixed(2), '0.16');
  const own = raw();
  own.points.error_a = [0.5, null, 2, null];
  const { errors } = tables.read(own);
  equal([errors.top1_imagenet[1].toFixed(2), [...errors.top1_a], errors.top5_a[0].toFixed(2)], ['0.18', [0.5, NaN, 2, NaN], '0.46']);
};
tests['batch sizes are told of the models shown, and of an empty view those of all'] = () =>
  equal(
    [{}, { q: 'vit' }, { q: 'nothing' }].map(patch => look({ y: 'top1_imagenet', ...patch }).view.batches),
    [
      [128, 256],
      [128, 128],
      [128, 256],
    ],
  );
tests['a test set that all were fine-tuned for tells of every size of a model'] = () => {
  const data = tables.read(raw());
  equal(
    [{ id: 'a' }, { id: 'a', size: 288 }, { id: 'a', size: 224 }].map(set => tables.tested(data, set, 1)),
    [1, 1, -1],
  );
};

tests['what ties with the most accurate is found, and not the most accurate itself'] = () => {
  const accuracy = [80, 85, 85.2, NaN, 85.2],
    secs = [1, 2, 9, 1, 3],
    errors = accuracy.map(() => 0.16);
  equal([frontier.mostAccurate([0, 1, 2, 3, 4], accuracy, secs), frontier.ties([0, 1, 2, 3, 4], accuracy, secs, errors)], [4, [1, 2]]);
  equal([frontier.mostAccurate([3], accuracy, secs), frontier.ties([3], accuracy, secs, errors)], [-1, []]);
  errors[1] = 0.01;
  errors[4] = 0.01;
  equal(frontier.ties([0, 1, 2, 3, 4], accuracy, secs, errors), [2]);
};
tests['a step of the frontier ties with the step before, and equal models are one step'] = () =>
  equal(frontier.tiedSteps([3, 0, 1, 2], [80.1, 80.1, 82, 80], [0.2, 0.2, 0.2, 0.2]), [0, 1]);
tests['a time budget may be a model on this hardware, by its full name'] = () => {
  const data = tables.read(raw()),
    here = tables.measured(data, 'one');
  const read = text => filters.budgets.tmax.read(text, data, here);
  equal(
    ['5ms', 'resnet_b', '0.5x resnet_b', '2 × resnet_b.NEW', 'resnet', '0x resnet_b', 'soon'].map(read),
    [5e-3, 2e-3, 1e-3, 4e-3, NaN, NaN, NaN],
  );
};

tests['everything with a place in the chart is shown at first'] = () => equal(shown({}), ['resnet_a', 'resnet_b', 'vit_c']);
tests['search takes words in any order, and no case'] = () =>
  equal([shown({ q: 'RESNET' }), shown({ q: 'b res' }), shown({ q: '  ' }).length], [['resnet_a', 'resnet_b'], ['resnet_b'], 3]);
tests['a budget keeps what is at the limit and drops what is not known'] = () =>
  equal(
    [shown({ tmax: 0.002 }), shown({ mmax: 2 }), shown({ accmin: 75 }), shown({ pmax: 20 })],
    [['resnet_a', 'resnet_b', 'vit_c'], ['resnet_a', 'resnet_b'], ['resnet_b', 'vit_c'], ['resnet_a']],
  );
tests['licences: by name, none, and any that permits commercial use'] = () =>
  equal(
    [shown({ lic: ['commercial'] }), shown({ lic: [null] }), shown({ lic: ['commercial', null] })],
    [['resnet_a', 'resnet_b'], ['vit_c'], ['resnet_a', 'resnet_b', 'vit_c']],
  );
tests['image sizes have two ends'] = () => equal([shown({ smin: 225 }), shown({ smax: 224 })], [['resnet_b'], ['resnet_a', 'vit_c']]);
tests['a complete row has no gap'] = () => equal(shown({ full: true }), ['resnet_a']);
tests['the frontier alone, after the other filters'] = () =>
  equal([shown({ edge: true }), shown({ edge: true, fam: ['vit'] })], [['resnet_a', 'resnet_b'], ['vit_c']]);
tests['counts add up'] = () => {
  for (const patch of [{}, { q: 'vit' }, { edge: true }, { x: 'params' }]) {
    const { all, shown, noValue, filtered } = look(patch).view.counts;
    equal(all, shown + noValue + filtered);
  }
};
tests['a facet counts what its ticking would show'] = () => {
  const { data, view } = look({ lic: ['mit'], fam: ['vit'] });
  equal([data.family.names, view.facets.fam, view.facets.lic[data.license.names.indexOf(null)]], [['resnet', 'vit'], [2, 0], 1]);
};
tests['an empty view names the filter to loosen, and by how much'] = () => {
  const patch = { tmax: 0.0005, fam: ['resnet'] },
    { data, view } = look(patch),
    now = { ...state.initial(data), ...patch },
    ways = filters.loosen(data, now, view, filters.active(data, now, 'ImageNet top-1'));
  equal([view.rows.length, ways.map(way => [way.name, way.without]), ways[0].nearest.value], [0, [['tmax', 2]], 0.001]);
};
tests['where two filters exclude everything between them, both are named'] = () => {
  const patch = { tmax: 0.0001, accmin: 99 },
    { data, view } = look(patch),
    now = { ...state.initial(data), ...patch },
    ways = filters.loosen(data, now, view, filters.active(data, now, 'ImageNet top-1'));
  equal([ways.length, ways[0].without, Object.keys(ways[0].off)], [1, 3, ['tmax', 'accmin']]);
};
tests['a comparison shows the speed-up of what is in both'] = () => {
  const { data, view } = look({ vs: 'two', x: 'speedup' });
  equal(
    [view.rows.map(p => data.model[p]), view.rows.map(p => view.x[p])],
    [
      ['resnet_a', 'vit_c'],
      [2, 1 / 500 / (1 / 600)],
    ],
  );
};

const sample = data => ({
  ...state.initial(data),
  hw: 'two',
  x: 'params',
  xlog: false,
  q: 'a&b=c #é 🙂',
  tmax: 1 / 3,
  fam: ['resnet', 'vit'],
  lic: [null, 'mit'],
  pre: [null],
  full: true,
  front: false,
  col: [],
  sort: '-params',
  open: 'vit_c@224',
  pin: ['resnet_b@288', 'vit_c@224'],
  zoom: [0.5, 1, 60, 90],
  theme: 'dark',
});
tests['a state comes back from its fragment'] = () => {
  const data = tables.read(raw()),
    first = state.initial(data),
    now = sample(data),
    read = state.read('#' + state.write(now, first), data);
  equal([read.now, read.problems], [now, []]);
};
tests['the first state has an empty fragment'] = () => {
  const data = tables.read(raw());
  equal([state.write(state.initial(data), state.initial(data)), state.read('', data).problems], ['', []]);
};
tests['what a fragment asks in vain is told'] = () => {
  const data = tables.read(raw()),
    read = state.read('#hw=three&x=weight&tmax=fast&fam=nope&fam=vit&open=no@1&zoom=1,2&theme=pink&full=2&what=ever&pin=no@1', data);
  equal([read.problems.length, read.now.fam, read.now.hw, read.now.x], [10, ['vit'], 'one', 'secs']);
};
tests['no axis of a comparison without one'] = () => {
  const data = tables.read(raw());
  equal(
    [state.read('#x=speedup', data).now.x, state.read('#vs=one', data).now.vs, state.read('#vs=two&x=speedup', data).now.x],
    ['secs', null, 'speedup'],
  );
};
tests['six pins are five'] = () => {
  const big = raw();
  for (const name of Object.keys(big.points)) if (Array.isArray(big.points[name])) big.points[name] = [...big.points[name], ...big.points[name]];
  big.points.model = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  big.points.again.at.push(0, 0, 0, 0);
  big.points.family.at.push(0, 0, 0, 0);
  const data = tables.read(big);
  equal(
    state.read(
      data.keys
        .slice(0, 6)
        .map(key => `pin=${encodeURIComponent(key)}`)
        .join('&'),
      data,
    ).now.pin.length,
    5,
  );
};

tests['ordinary names stay as they are in a CSV file'] = () =>
  equal(['resnet50.a1_in1k', 'vit_base_patch16_224.augreg2_in21k_ft_in1k', 'RTX 3090, amp', 'apache-2.0', 'laion2b+in12k'].map(csv.cell), [
    'resnet50.a1_in1k',
    'vit_base_patch16_224.augreg2_in21k_ft_in1k',
    '"RTX 3090, amp"',
    'apache-2.0',
    'laion2b+in12k',
  ]);
tests['no cell of a CSV file is a formula'] = () => {
  for (const start of ['=', '+', '-', '@', '\t=', '\r=', ' =', '\n=', '＝', 'a;=', 'a\n=', 'a\t+'])
    equal(/(^|[;\t\r\n])\s*[=+\-@＝＋－＠]/.test(csv.cell(start + '1+1').replace(/^"|"$/g, '')), false);
};
tests['quotes are doubled, gaps are empty, numbers are exact'] = () =>
  equal(
    [csv.cell('a"b'), csv.cell('a "b", c'), csv.cell(null), csv.cell(NaN), csv.cell(1 / 3), csv.cell(true)],
    ['"a""b"', '"a ""b"", c"', '', '', '0.3333333333333333', 'True'],
  );

tests['contrast is that of the guidelines'] = () =>
  equal([colours.contrast('#000000', '#ffffff'), colours.contrast('#777777', '#ffffff').toFixed(2)], [21, '4.48']);
tests['every hue can be seen on either ground'] = () => {
  for (const hue of ['#117733', '#332288', '#698ec2', '#1ca086', '#748618', '#cc6677', '#882255', '#c08459', '#aa4499'])
    for (const ground of ['#ffffff', '#15161b']) equal(colours.contrast(colours.readable(hue, ground), ground) >= 3, true);
};
tests['a family has its own hue and symbol, others what is left'] = () => {
  const looks = names => [...colours.assign(raw(), names).values()].map(({ hue, symbol }) => [hue, symbol]);
  equal(looks(['convnext_in12']), [['#882255', 'diamond']]);
  equal(looks(['vit', 'convnext_in22', 'convnext_in12', 'resnet']), [
    ['#cc6677', 'circle'],
    ['#882255', 'circle'],
    ['#882255', 'diamond'],
    ['#332288', 'circle'],
  ]);
  equal(looks(['resnet', 'convnext', 'convnext_in12', 'vit', 'swin']).slice(3), [
    ['#882255', 'circle'],
    ['#332288', 'diamond'],
  ]);
};
tests['no more families are coloured than may be'] = () =>
  equal(
    [
      colours.chosen(raw(), { col: null, fam: [] }),
      colours.chosen(raw(), { col: null, fam: ['a', 'b', 'c'] }),
      colours.chosen(raw(), { col: [], fam: ['a'] }),
    ],
    [['resnet', 'convnext'], ['a', 'b'], []],
  );

const wall = Array.from({ length: 30 }, (_, i) => ({ left: 40 + 9 * i, top: 180 - 4 * i, wide: 60, dot: true }));
tests['names touch neither one another, nor other dots, nor the line, nor the edge'] = () => {
  const area = { width: 400, height: 200 },
    lines = labels.stairs(
      wall.map(({ left, top }) => [left, top]),
      'along',
    ),
    placed = labels.place(wall, lines, area, { x: -1, y: -1 });
  equal(placed.length > 3, true);
  placed.forEach(({ box, left }, i) => {
    equal(box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= 400 && box[1] + box[3] <= 200, true);
    equal(
      placed.some((other, j) => j !== i && labels.touches(box, other.box)) ||
        lines.some(line => labels.touches(box, line)) ||
        wall.some(dot => dot.left !== left && labels.touches(box, [dot.left - 5, dot.top - 5, 10, 10])),
      false,
    );
  });
};
tests['a pinned name may go where others may not'] = () => {
  const corner = { left: 5, top: 5, wide: 60, dot: true },
    area = { width: 400, height: 200 };
  equal(
    [labels.place([corner], [], area, { x: -1, y: -1 }).length, labels.place([{ ...corner, pinned: true }], [], area, { x: -1, y: -1 }).length],
    [0, 1],
  );
};
