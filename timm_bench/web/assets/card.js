'use strict';
// What is known of one model, and up to five side by side.
const card = (() => {
  const row = (cells, head = false) =>
    dom.make(
      'tr',
      {},
      cells.map(([text, kind]) => dom.make(head ? 'th' : 'td', { text, class: kind, scope: head ? 'col' : null })),
    );

  // The line that loads the weights, as Python writes it.
  const code = weight =>
    `timm.create_model('${weight
      .replace(/\\/g, '\\\\')
      .replace(/'/g, "\\'")
      .replace(/[\u0000-\u001f\u007f]/g, c => '\\x' + c.charCodeAt(0).toString(16).padStart(2, '0'))}', pretrained=True)`;

  const named = (column, point) => column.names[column.codes[point]];
  const licence = (data, point) => {
    const name = named(data.license, point);
    return name === null
      ? 'timm declares none'
      : `${name} (declared by timm; ${data.raw.commercial.includes(name) ? 'permits' : 'not known to permit'} commercial use)`;
  };

  // A time with its kind: measured or estimated, and at which batch size.
  function speed(here, point) {
    if (!(here.rate[point] > 0)) return 'not measured here';
    const batch = here.batch[point],
      kind = batch === 1 ? 'latency, batch 1' : batch > 1 ? `amortised, batch ${format.count(batch)}` : 'batch size not told';
    const estimated = here.estimated?.[point] ? `, an estimate: ${format.time(here.low[point])} to ${format.time(here.high[point])} with 90 %` : '';
    const folded = here.folded.has(point) ? `, ${axes.folded}` : '';
    return `${format.time(here.secs[point])} (${kind}${folded}${estimated})`;
  }

  // What the tip at a point says.
  function facts(data, now, view, point) {
    const accuracy = axes.accuracyOf(data, now),
      axis = view.all.find(axis => axis.id === accuracy);
    const found = [
      [axis.name.replace(' (%)', ''), `${format.percent(data.columns[accuracy][point])} %`],
      ['time per image', speed(view.here, point)],
    ];
    for (const axis of [view.yAxis, view.xAxis])
      if (![accuracy, 'secs', 'params', 'size'].includes(axis.id))
        found.push([axis.name, axis.write(axes.values(data, axis.id, view.here, view.there)[point])]);
    if (view.there && view.there.rate[point] > 0) {
      const times = axes.speedup(view.here, view.there, point),
        told = Number.isNaN(times) ? 'not comparable: branches folded in one of the two alone' : format.times(times);
      found.push([view.there.label, `${format.time(view.there.secs[point])}, ${told}`]);
    }
    return [
      ...found,
      ['parameters', `${format.number(view.here.params[point])} M`],
      ['image', `${data.size[point]} px`],
      ['family', named(data.family, point)],
    ];
  }

  // All image sizes that a model was tested at.
  const siblings = (data, point) => data.model.flatMap((name, other) => (name === data.model[point] && data.again[other] === 0 ? [other] : []));

  function accuracies(data, point, open) {
    const sizes = siblings(data, point)
      .sort((a, b) => data.size[a] - data.size[b])
      .filter(other => data.raw.sets.some(set => !Number.isNaN(data.columns[`top1_${set.id}`][other])));
    if (!sizes.length) return [dom.make('h3', { text: 'Accuracy' }), dom.make('p', { class: 'muted', text: 'None is published under this name.' })];
    const head = dom.make(
      'tr',
      {},
      dom.make('th', { text: 'test set', scope: 'col' }),
      sizes.map(other =>
        dom.make(
          'th',
          { class: 'number', scope: 'col' },
          other === point
            ? `${data.size[other]} px`
            : dom.make('button', { class: 'linked', type: 'button', text: `${data.size[other]} px`, onclick: () => open(other) }),
        ),
      ),
    );
    const lines = data.raw.sets.map(set =>
      row([[set.name], ...sizes.map(other => [format.percent(data.columns[`top1_${set.id}`][other]), 'number'])]),
    );
    return [
      dom.make('h3', { text: 'Top-1 accuracy in percent' }),
      dom.make('div', { class: 'scroll' }, dom.make('table', {}, dom.make('thead', {}, head), dom.make('tbody', {}, lines))),
    ];
  }

  function speeds(data, now, point) {
    const known = [...data.benchmarks.keys()].map(id => tables.measured(data, id)).filter(here => here.rate[point] > 0);
    if (!known.length) return [dom.make('h3', { text: 'Speed' }), dom.make('p', { class: 'muted', text: 'In no benchmark of this page.' })];
    const lines = known.map(here => {
      const marks = here.estimated?.[point] ? ['estimate'] : here.about.kind !== 'public' ? ['own'] : [];
      if (here.folded.has(point)) marks.push('folded');
      const name = dom.make(
        'td',
        {},
        `${here.label}${here.about.part === 'train' ? ', training' : ''} `,
        marks.map(text => dom.make('span', { class: 'badge', text })),
      );
      return dom.make(
        'tr',
        { class: here.id === now.hw ? 'current' : null },
        name,
        dom.make('td', { class: 'number', text: format.time(here.secs[point]), title: speed(here, point) }),
        dom.make('td', { class: 'number', text: format.number(here.batch[point]) }),
      );
    });
    const head = row([['benchmark'], ['time/image', 'number'], ['batch', 'number']], true);
    return [
      dom.make('h3', { text: `Time per image at ${data.size[point]} px: latency at batch 1, else amortised` }),
      dom.make('table', {}, dom.make('thead', {}, head), dom.make('tbody', {}, lines)),
    ];
  }

  // Everything, filtered or not, that is faster on the chosen hardware and at least as accurate.
  function better(data, now, view, point, open) {
    const id = axes.accuracyOf(data, now),
      accuracy = data.columns[id],
      errors = data.errors[id],
      { secs } = view.here,
      axis = view.all.find(axis => axis.id === id);
    const heading = dom.make('h3', { text: 'Faster and at least as accurate' });
    if (!(secs[point] > 0) || Number.isNaN(accuracy[point]))
      return [
        heading,
        dom.make('p', {
          class: 'muted',
          text: `Not told: it has no ${secs[point] > 0 ? axis.name.replace(' (%)', '') + ' accuracy' : 'time on this hardware'}.`,
        }),
      ];
    const all = frontier.betterThan(
      point,
      data.keys.map((_, i) => i),
      secs,
      accuracy,
    );
    if (!all.length) return [heading, dom.make('p', { text: `Nothing is, on ${view.here.label}.` })];
    const lines = all.slice(0, 8).map(other => {
      const tie = frontier.isTie(accuracy[other], accuracy[point], errors[other], errors[point]),
        change = `${format.times(secs[point] / secs[other])} faster, +${(accuracy[other] - accuracy[point]).toFixed(2)} points`;
      return dom.make(
        'li',
        {},
        dom.make('button', { class: 'linked', type: 'button', text: `${data.model[other]} at ${data.size[other]} px`, onclick: () => open(other) }),
        dom.make('span', { text: change + (tie ? ' (a tie with it)' : '') }),
      );
    });
    const hidden = all.filter(other => view.fails[other]).length;
    const note = `${format.count(all.length)} on ${view.here.label}, by ${axis.name.replace(' (%)', '')}, whatever the filters${hidden ? ` (they hide ${format.count(hidden)})` : ''}${all.length > 8 ? '; the most accurate:' : ':'}`;
    return [heading, dom.make('p', { class: 'muted', text: note }), dom.make('ul', { class: 'better' }, lines)];
  }

  function draw(data, now, view, on) {
    const box = dom.find('card'),
      point = data.index.get(now.open),
      was = box.dataset.key;
    box.hidden = point === undefined;
    if (point === undefined) {
      delete box.dataset.key;
      return dom.show(box, []);
    }
    const pinned = now.pin.includes(now.open),
      line = code(data.weight[point]),
      here = view.here;
    const about = [
      ['family', named(data.family, point)],
      ['licence', licence(data, point)],
      ['pre-training', named(data.pretrain, point) ?? 'not told by the name'],
      ['image', `${data.size[point]} px`],
      ['parameters', `${format.number(here.params[point])} million`],
      ['MACs', `${format.number(here.macs[point])} billion`],
      ['activations', `${format.number(here.acts[point])} million`],
      ['time per image', speed(here, point)],
    ];
    dom.show(box, [
      dom.make('button', {
        class: 'close plain',
        type: 'button',
        id: 'close-card',
        'aria-label': 'Close the card',
        title: 'Close ( Esc )',
        text: '✕',
        onclick: () => on.open(null),
      }),
      dom.make('h2', { text: data.model[point] }),
      view.fails[point] || !view.counted[point] ? dom.make('p', { class: 'muted', text: 'Not among the rows shown now.' }) : null,
      dom.make(
        'dl',
        { class: 'facts' },
        about.flatMap(([name, value]) => [dom.make('dt', { text: name }), dom.make('dd', { text: value })]),
      ),
      dom.make('h3', { text: 'To load it' }),
      dom.make(
        'div',
        { class: 'code' },
        dom.make('code', { text: line }),
        dom.make('button', { id: 'copy-code', type: 'button', text: 'Copy', onclick: () => on.copy(line, 'The line is copied') }),
      ),
      dom.make(
        'div',
        { class: 'tools' },
        dom.make('button', {
          id: 'pin',
          type: 'button',
          'aria-pressed': String(pinned),
          class: 'toggle',
          text: pinned ? '★ Pinned' : '☆ Pin to compare',
          onclick: () => on.pin(point),
        }),
      ),
      better(data, now, view, point, on.open),
      accuracies(data, point, on.open),
      speeds(data, now, point),
    ]);
    if (was !== now.open) {
      box.dataset.key = now.open;
      box.scrollTop = 0;
    }
  }

  const accuracyOn = (data, set) => point => data.columns[`top1_${set.id}`][tables.tested(data, set, point)];
  const errorOn = (data, set) => point => data.errors[`top1_${set.id}`][tables.tested(data, set, point)];

  // A test set's accuracy in the comparison of pinned models.
  function measure(data, set) {
    const name = `${set.name} ${set.measure} %${set.size ? `, at ${set.size} px` : ''}`;
    return [name, accuracyOn(data, set), format.percent, 'high', errorOn(data, set)];
  }

  // Rows of the comparison: name, the value, how it is written, which way is better, and of an accuracy its error.
  function measures(data, now, view) {
    const { here, there } = view,
      at = column => point => column[point];
    return [
      ...data.raw.sets.map(set => measure(data, set)),
      ['time per image', at(here.secs), format.time, 'low'],
      ...(there ? [[`time on ${there.label}`, at(there.secs), format.time, 'low']] : []),
      ['images per second', at(here.rate), format.number, 'high'],
      ['batch size', at(here.batch), format.number, null],
      ['parameters (million)', at(here.params), format.number, 'low'],
      ['MACs (billion)', at(here.macs), format.number, 'low'],
      ['activations (million)', at(here.acts), format.number, 'low'],
      ['image (px)', at(data.size), format.number, null],
      ['pre-training', point => named(data.pretrain, point), value => value ?? 'not told', null],
      ['declared licence', point => named(data.license, point), value => value ?? 'none', null],
      ...(now.pin.length === 2 ? everySpeed(data, now, view) : []),
    ].filter(([, value]) =>
      now.pin.some(key => {
        const v = value(data.index.get(key));
        return typeof v !== 'number' || !Number.isNaN(v);
      }),
    );
  }

  // The time of two models on each benchmark that knows both, beside the chosen ones.
  function everySpeed(data, now, view) {
    const points = now.pin.map(key => data.index.get(key));
    return [...data.benchmarks.keys()]
      .map(id => tables.measured(data, id))
      .filter(each => ![view.here.id, view.there?.id].includes(each.id) && points.every(point => each.rate[point] > 0))
      .map(each => {
        const part = each.about.part === 'train' ? ', training' : '',
          folded = points.some(point => each.folded.has(point)) ? ', folded' : '';
        const kind = points.every(point => each.batch[point] === 1) ? 'latency' : 'amortised';
        return [`${each.label}${part}: ${kind}${folded}`, point => each.secs[point], format.time, folded ? null : 'low'];
      });
  }

  // Two models on the test sets that know both, the one that is chosen by first.
  function heldAgainst(data, chosen, [a, b]) {
    return [chosen, ...data.raw.sets.filter(set => set !== chosen)]
      .map(set => {
        const [one, other] = [a, b].map(accuracyOn(data, set)),
          [oneError, otherError] = [a, b].map(errorOn(data, set));
        return { set, one, other, points: other - one, tie: frontier.isTie(other, one, oneError, otherError) };
      })
      .filter(each => format.known(each.points));
  }

  // What fine-tuning made of two models: how far is told of what is no tie alone.
  const tunedInWords = ({ set, points, tie }) => {
    const where = set.name.replace(' (fine-tuned)', '');
    return tie ? `a tie on ${where}` : `${points > 0 ? 'more' : 'less'} accurate on ${where} (${signed(points)} points)`;
  };

  const signed = points => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(2)}`;

  // Two models in a sentence, the second against the first, as in timm_bench's `versus`.
  function versus(data, now, view, [a, b]) {
    const id = axes.accuracyOf(data, now),
      axis = view.all.find(axis => axis.id === id),
      known = heldAgainst(data, axis.set, [a, b]),
      others = known.slice(1).filter(({ set }) => !set.size),
      tuned = known.slice(1).filter(({ set }) => set.size),
      told = [];
    for (const { set, one, other, points, tie } of known.slice(0, 1))
      told.push(`${format.percent(other)} % against ${format.percent(one)} % on ${set.name} (${signed(points)} points${tie ? ', a tie' : ''})`);
    if (others.length) {
      const better = others.filter(({ points, tie }) => points > 0 && !tie).length,
        ties = others.filter(({ tie }) => tie).length;
      told.push(`more accurate on ${better} of ${others.length} other test sets, a tie on ${ties}`);
    }
    if (tuned.length) told.push(`once fine-tuned ${tuned.map(tunedInWords).join(', ')}`);
    if (!known.length) told.push('no test set knows both');
    const times = view.here.rate[a] > 0 && view.here.rate[b] > 0 ? view.here.secs[a] / view.here.secs[b] : NaN;
    if (view.here.folded.has(a) || view.here.folded.has(b)) told.push(`one of them ${axes.folded} on ${view.here.label}, so times do not compare`);
    else if (times.toFixed(2) === '1.00') told.push(`as fast on ${view.here.label}`);
    else if (times >= 1) told.push(`${format.times(times)} faster on ${view.here.label}`);
    else if (times < 1) told.push(`${format.times(1 / times)} slower on ${view.here.label}`);
    const data_a = named(data.pretrain, a),
      data_b = named(data.pretrain, b);
    if (data_a === null || data_b === null) told.push('of one the pre-training is not told by the name');
    else if (data_a === data_b) told.push(`the same pre-training (${data_a})`);
    else told.push(`other pre-training (${data_b} against ${data_a}), so these are two weights, not only two architectures`);
    return `${data.model[b]} against ${data.model[a]}: ${told.join('; ')}.`;
  }

  function pins(data, now, view, on) {
    const box = dom.find('pins'),
      points = now.pin.map(key => data.index.get(key));
    box.hidden = !points.length;
    if (!points.length) return dom.show(box, []);
    const head = dom.make(
      'tr',
      {},
      dom.make('td', {}),
      points.map(point =>
        dom.make(
          'th',
          { scope: 'col' },
          dom.make('button', { class: 'linked', type: 'button', text: data.model[point], onclick: () => on.open(point) }),
          dom.make('button', {
            class: 'plain',
            type: 'button',
            'aria-label': `Unpin ${data.model[point]}`,
            title: 'Unpin',
            text: '✕',
            onclick: () => on.pin(point),
          }),
        ),
      ),
    );
    const lines = measures(data, now, view).map(([name, value, write, good, error]) => {
      const values = points.map(value),
        known = values.filter(v => typeof v === 'number' && !Number.isNaN(v)),
        best = good && points.length > 1 && known.length > 1 ? Math[good === 'high' ? 'max' : 'min'](...known) : null;
      return dom.make(
        'tr',
        {},
        dom.make('th', { scope: 'row', text: name }),
        values.map((v, i) => {
          const first = points[values.indexOf(best)],
            tie = error && best !== null && v !== best && frontier.isTie(v, best, error(points[i]), error(first));
          const chance = error && format.known(v) ? ` ± ${frontier.chance(error(points[i])).toFixed(2)}` : '';
          return dom.make('td', { text: write(v) + chance + (tie ? ' tie' : ''), class: v === best ? 'best' : null });
        }),
      );
    });
    dom.show(box, [
      dom.make(
        'div',
        { class: 'line' },
        dom.make('h2', { text: `${points.length} pinned` }),
        dom.make('span', { class: 'muted', text: view.here.label }),
        dom.make('span', { class: 'push' }),
        dom.make('button', { id: 'unpin', type: 'button', text: 'Unpin all', onclick: () => on.unpin() }),
      ),
      points.length === 2 ? dom.make('p', { id: 'versus', text: versus(data, now, view, points) }) : null,
      dom.make('table', {}, dom.make('thead', {}, head), dom.make('tbody', {}, lines)),
    ]);
  }

  return { draw, pins, code, facts };
})();
