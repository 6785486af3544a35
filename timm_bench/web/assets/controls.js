'use strict';
// The filters, the pickers and the words around the chart.
const controls = (() => {
  const steps = 400;
  let data,
    on,
    parts = {};

  function start(newData, handlers) {
    [data, on] = [newData, handlers];
    hardware(dom.find('hw'), false);
    hardware(dom.find('vs'), true);
    addEventListener('resize', whole);
    dom.show(dom.find('filters'), [
      budgetBox(),
      facetBox('fam', 'Family', data.family),
      facetBox('lic', 'Declared licence', data.license),
      facetBox('pre', 'Pre-training data', data.pretrain),
    ]);
  }

  // One list of benchmarks, by kind.
  function hardware(select, optional) {
    const groups = new Map();
    for (const about of data.raw.benchmarks) {
      const group =
        about.kind === 'own'
          ? 'Own measurements'
          : about.kind === 'estimate'
            ? 'Own measurements and estimates'
            : about.part === 'train'
              ? 'Training'
              : 'Inference';
      groups.set(group, [...(groups.get(group) ?? []), about]);
    }
    const label = about => (about.part === 'train' && about.kind !== 'public' ? `${about.label}, training` : about.label);
    dom.show(select, [
      optional ? dom.make('option', { value: '', text: 'nothing' }) : null,
      ...[...groups].map(([name, abouts]) =>
        dom.make(
          'optgroup',
          { label: name },
          abouts.map(about => dom.make('option', { value: about.id, text: label(about), title: about.file })),
        ),
      ),
    ]);
    select.addEventListener('change', () => on.change(optional ? { vs: select.value || null } : { hw: select.value, zoom: null }));
  }

  // A slider and a field for the same limit.
  function budgetRow(name, budget) {
    const slider = dom.make('input', { type: 'range', min: 0, max: steps, step: 1, id: `${name}-slider` }),
      field = dom.make('input', { type: 'text', id: name, placeholder: 'any', title: `For example ${budget.example}` });
    const label = dom.make('label', { for: name, text: budget.name }),
      sides = dom.make('span', { class: 'muted', text: budget.most ? ' ≤' : ' ≥' });
    label.append(sides);
    slider.setAttribute('aria-label', `${budget.name} ${budget.most ? 'at most' : 'at least'}, slider`);
    slider.addEventListener('input', () => {
      parts[name].wrong = null;
      on.change({ [name]: fromSlider(name, Number(slider.value)) }, true);
    });
    slider.addEventListener('change', () => on.settle());
    parts[name] = { slider, field, label, ...typed(name, field, budget.read, budget.example) };
    return dom.make('div', { class: 'budget' }, label, field, parts[name].hint, slider);
  }

  // Take what is typed into a field. What is not understood limits nothing: that is said below the field, where the text stays.
  function typed(name, field, read, example) {
    const plain = dom.make('span', { text: `For example ${example}` }),
      alert = dom.make('span', { role: 'alert' }),
      hint = dom.make('p', { class: 'hint', id: `${name}-hint` }, plain, alert),
      take = () => {
        const text = field.value.trim(),
          value = text ? read(text, data, parts.now?.here) : null;
        parts[name].wrong = Number.isNaN(value) ? text : null;
        on.change({ [name]: parts[name].wrong === null ? value : null });
      };
    field.setAttribute('aria-describedby', hint.id);
    field.addEventListener('change', take);
    field.addEventListener('keydown', event => {
      if (event.key === 'Enter') take();
    });
    return { hint, plain, alert, example, wrong: null };
  }

  // What a field says of a limit: the limit, or what was typed in vain and why.
  function limit(name, value, text) {
    const part = parts[name],
      { field, hint, plain, alert, example } = part;
    if (value !== null) part.wrong = null;
    const wrong = part.wrong !== null,
      bare = wrong && name === 'tmax' && format.bare(part.wrong),
      fault = bare
        ? `“${part.wrong}” has no unit, so there is no limit. Write ${part.wrong} ms, ${part.wrong} s or ${part.wrong}/s`
        : `“${part.wrong}” is not understood, so there is no limit. Write for example ${example}`,
      words = wrong ? fault : '';
    put(field, wrong ? part.wrong : text);
    field.setAttribute('aria-invalid', String(wrong));
    hint.classList.toggle('wrong', wrong);
    plain.hidden = wrong;
    if (alert.textContent !== words) alert.textContent = words;
  }

  // Nothing that was typed in vain is kept.
  function forget() {
    for (const part of Object.values(parts)) if (part.wrong) part.wrong = null;
  }

  function budgetBox() {
    const size = name => {
      const field = dom.make('input', {
        type: 'text',
        inputmode: 'numeric',
        id: name,
        placeholder: 'any',
        'aria-label': name === 'smin' ? 'Test image at least, in pixels' : 'Test image at most, in pixels',
      });
      parts[name] = { field, ...typed(name, field, text => Number(text.replace(/px/, '')), '224') };
      return field;
    };
    const flag = (name, words, title) => {
      const box = dom.make('input', { type: 'checkbox', id: name });
      box.addEventListener('change', () => on.change({ [name]: box.checked }));
      parts[name] = { box };
      return dom.make('label', { class: 'check', title }, box, dom.make('span', { text: words }));
    };
    parts.clear = dom.make('button', { class: 'plain', type: 'button', id: 'clear', text: 'clear all', onclick: () => on.clear() });
    return dom.make(
      'section',
      { 'aria-label': 'Budgets' },
      dom.make('h2', {}, 'Budget', parts.clear),
      Object.entries(filters.budgets).map(([name, budget]) => budgetRow(name, budget)),
      dom.make(
        'div',
        { class: 'pair' },
        dom.make('span', { text: 'Image' }),
        dom.make('span', { class: 'push' }),
        size('smin'),
        dom.make('span', { class: 'muted', text: 'to' }),
        size('smax'),
        dom.make('span', { class: 'muted', text: 'px' }),
      ),
      ['smin', 'smax'].map(name => parts[name].hint),
      flag('edge', 'Only the frontier', 'Only what nothing else shown beats on both axes'),
      flag('full', 'Only complete rows', 'Only rows without a gap in the columns that this benchmark fills'),
    );
  }

  // The values of a column to tick, with how many rows each would show.
  function facetBox(name, title, column) {
    const counts = new Int32Array(column.names.length);
    for (const code of column.codes) counts[code]++;
    const codes = Array.from(counts.keys()).sort(
      (a, b) => (column.names[a] === null) - (column.names[b] === null) || counts[b] - counts[a] || (column.names[a] < column.names[b] ? -1 : 1),
    );
    const list = dom.make('ul', { class: 'facet' }),
      items = [];
    if (name === 'lic') items.push(facetItem(name, 'commercial', 'any that permits commercial use'));
    for (const code of codes)
      items.push(facetItem(name, column.names[code], column.names[code] ?? (name === 'lic' ? 'none declared' : 'not told'), code));
    list.append(...items.map(item => item.line));
    const clear = dom.make('button', {
      class: 'plain',
      type: 'button',
      'aria-label': `Clear: ${title}`,
      text: 'clear',
      onclick: () => on.change({ [name]: [] }),
    });
    parts[name] = { items, column, clear };
    const find =
      items.length > 14
        ? dom.make('input', {
            type: 'search',
            class: 'find',
            placeholder: `Find among ${items.length}`,
            'aria-label': `Find: ${title}`,
            oninput: event => {
              for (const item of items) item.line.hidden = !item.words.toLowerCase().includes(event.target.value.trim().toLowerCase());
            },
          })
        : null;
    return dom.make('section', { 'aria-label': title }, dom.make('h2', {}, title, clear), find, list);
  }

  function facetItem(name, value, words, code) {
    const box = dom.make('input', { type: 'checkbox' }),
      number = dom.make('span', { class: 'number' });
    box.addEventListener('change', () => on.tick(name, value, box.checked));
    const label = dom.make('label', { class: 'check' }, box, dom.make('span', { text: words, title: words }), number);
    const swatch = name === 'fam' ? dom.make('button', { class: 'swatch', type: 'button', onclick: () => on.colour(value) }) : null;
    return { value, words, code, box, number, label, swatch, line: dom.make('li', {}, label, swatch) };
  }

  // A slider's ends: the smallest and largest value that this hardware has. Even steps are even ratios, but for the accuracy.
  function span(name) {
    const { here, accuracy, cache } = parts.now;
    if (!cache.has(name)) {
      let low = Infinity,
        high = -Infinity;
      const column = filters.budgets[name].column(data, here, accuracy);
      for (let point = 0; point < column.length; point++)
        if (here.rate[point] > 0 && column[point] > 0) {
          if (column[point] < low) low = column[point];
          if (column[point] > high) high = column[point];
        }
      cache.set(name, high > low ? [low, high] : null);
    }
    return cache.get(name);
  }

  // The far end is no limit at all.
  function fromSlider(name, step) {
    const ends = span(name),
      { most } = filters.budgets[name];
    if (!ends || step === (most ? steps : 0)) return null;
    const value = most ? ends[0] * (ends[1] / ends[0]) ** (step / steps) : ends[0] + ((ends[1] - ends[0]) * step) / steps;
    return Number(value.toPrecision(3));
  }

  function toSlider(name, value) {
    const ends = span(name),
      { most } = filters.budgets[name];
    if (!ends || value === null) return most ? steps : 0;
    const share = most ? Math.log(value / ends[0]) / Math.log(ends[1] / ends[0]) : (value - ends[0]) / (ends[1] - ends[0]);
    return Math.round(Math.max(0, Math.min(1, share)) * steps);
  }

  // `value` only where it differs: setting it moves the caret.
  const put = (field, text) => {
    if (field.value !== text) field.value = text;
  };

  function draw(now, view, families, chips) {
    const accuracy = axes.accuracyOf(data, now),
      last = parts.now;
    parts.now =
      last && last.here === view.here && last.id === accuracy
        ? last
        : { here: view.here, id: accuracy, accuracy: data.columns[accuracy], cache: new Map() };
    for (const [name, budget] of Object.entries(filters.budgets)) {
      const ends = span(name),
        { slider, field } = parts[name];
      slider.value = toSlider(name, now[name]);
      slider.disabled = !ends;
      slider.setAttribute('aria-valuetext', now[name] === null ? 'no limit' : budget.write(now[name]));
      limit(name, now[name], now[name] === null ? '' : budget.write(now[name]));
      field.placeholder = ends ? 'any' : 'no data';
    }
    for (const name of ['smin', 'smax']) limit(name, now[name], now[name] === null ? '' : String(now[name]));
    for (const name of ['edge', 'full']) parts[name].box.checked = now[name];
    parts.clear.hidden = !chips.length;
    for (const name of ['fam', 'lic', 'pre']) facetState(name, now, view, families);
    pickers(now, view);
  }

  function facetState(name, now, view, families) {
    const { items, column, clear } = parts[name],
      counts = view.facets[name];
    clear.hidden = !now[name].length;
    const commercial = column.names.reduce((sum, value, code) => sum + (data.raw.commercial.includes(value) ? counts[code] : 0), 0);
    for (const item of items) {
      const ticked = now[name].includes(item.value),
        number = item.code === undefined ? commercial : counts[item.code];
      if (item.box.checked !== ticked) item.box.checked = ticked;
      if (item.shown !== number) {
        item.number.textContent = format.count(number);
        item.label.classList.toggle('none', number === 0);
        item.shown = number;
      }
      if (item.swatch) swatch(item, families.get(item.value), families.size);
    }
  }

  function swatch(item, look, many) {
    const state = `${look?.colour}${look?.symbol}${many >= data.raw.colours}`;
    if (item.state === state) return;
    item.state = state;
    item.swatch.disabled = !look && many >= data.raw.colours;
    item.swatch.setAttribute('aria-pressed', String(Boolean(look)));
    item.swatch.setAttribute('aria-label', `Colour ${item.words}`);
    item.swatch.title = item.swatch.disabled ? `${data.raw.colours} families have a colour already` : look ? 'Make it grey' : 'Give it a colour';
    dom.show(item.swatch, [dom.mark(look?.colour ?? dom.themed('--grey-dot'), look?.symbol, Boolean(look))]);
  }

  function pickers(now, view) {
    dom.find('hw').value = now.hw;
    dom.find('vs').value = now.vs ?? '';
    whole();
    const lists = view.all.map(axis => axis.id).join();
    for (const [name, axis] of [
      ['x', view.xAxis],
      ['y', view.yAxis],
    ]) {
      const select = dom.find(name);
      if (select.dataset.lists !== lists) {
        const groups = [...new Set(view.all.map(axis => axis.group))];
        dom.show(
          select,
          groups.map(group =>
            dom.make(
              'optgroup',
              { label: group },
              view.all.filter(axis => axis.group === group).map(axis => dom.make('option', { value: axis.id, text: axis.name })),
            ),
          ),
        );
        select.dataset.lists = lists;
      }
      select.value = now[name];
      dom.find(`${name}log`).setAttribute('aria-pressed', String(name === 'x' ? view.xlog : view.ylog));
    }
    dom.find('front').setAttribute('aria-pressed', String(now.front));
    dom.find('unzoom').hidden = !now.zoom;
    put(dom.find('q'), now.q);
  }

  // Where a picker has no room for all of what is chosen in it, that stands below it: benchmarks differ in their last words.
  const pen = document.createElement('canvas').getContext('2d');
  function whole() {
    for (const id of ['hw', 'vs']) {
      const select = dom.find(id),
        below = dom.find(`${id}-whole`),
        text = select.selectedOptions[0]?.text ?? '';
      pen.font = getComputedStyle(select).font;
      below.hidden = pen.measureText(text).width + 34 <= select.clientWidth; // with its arrow
      if (below.textContent !== text) below.textContent = text;
    }
  }

  // The colours in use, each to be made grey with a click.
  function legend(view, families) {
    const counts = new Map();
    for (const row of view.rows) {
      const name = data.family.names[data.family.codes[row]],
        key = families.has(name) ? name : null;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const item = (name, look) =>
      dom.make(
        'li',
        {},
        dom.make(
          'button',
          { type: 'button', title: 'Show this family alone', class: counts.has(name) ? null : 'off', onclick: () => on.alone(name) },
          dom.mark(look.colour, look.symbol),
          dom.make('span', { text: name }),
          dom.make('span', { class: 'muted', text: format.count(counts.get(name) ?? 0) }),
        ),
      );
    const others = counts.has(null)
      ? dom.make('li', { class: 'muted' }, dom.mark(dom.themed('--grey-dot')), ` other families ${format.count(counts.get(null))}`)
      : null;
    dom.show(dom.find('legend'), [...[...families].map(([name, look]) => item(name, look)), others]);
  }

  // What the numbers are.
  function meaning(now, view) {
    const { here, there } = view,
      words = about =>
        about.kind === 'public'
          ? `From ${about.file}, ${data.raw.source.unknown.includes(about.file) ? 'not a file that timm published' : sourceWords()}.`
          : `${about.kind === 'own' ? 'An own measurement' : 'Own measurements and estimates'}, not a published figure: ${[about.file, about.measured_on, about.estimated_from && `estimated from ${about.estimated_from}`].filter(Boolean).join('; ')}.`;
    const kind = here.about.part === 'train' ? 'Time is for forward pass, backward pass and optimiser step, per image' : 'Time is seconds per image';
    const found = [`${here.label}. ${kind}: ${axes.kindOfTime(view.batches)}. ${words(here.about)}`];
    if (here.about.kind === 'estimate') found.push('Open marks are estimates, with a 90 % interval.');
    const folded = view.rows.filter(row => here.folded.has(row)).length;
    if (folded) found.push(`${format.count(folded)} of the models shown ran with their branches folded, faster than timm.create_model gives them.`);
    if (there)
      found.push(
        `Second${axes.second(now, view) ? `, with ${view.rows.length <= 60 ? 'open marks and ' : ''}a dotted frontier` : ''}: ${there.label}, ${axes.kindOfTime(view.secondBatches)}. ${words(there.about)}`,
      );
    return [there ? dom.make('b', { text: comparison(view) }) : null, found.join(' ')];
  }

  const sourceWords = () => {
    const { date, commit } = data.raw.source;
    return (
      [date ? `results as of ${date}` : null, commit ? `commit ${commit.slice(0, 8)}` : null].filter(Boolean).join(', ') ||
      'date and commit not known'
    );
  };

  function comparison(view) {
    const { here, there, rows } = view,
      measured = rows.filter(row => here.rate[row] > 0 && there.rate[row] > 0),
      both = measured.filter(row => !Number.isNaN(axes.speedup(here, there, row))),
      folded = measured.length - both.length,
      left = folded ? `; ${format.count(folded)} left out that ran with their branches folded in one of the two alone` : '',
      ratio = some => some.map(row => axes.speedup(here, there, row));
    if (!both.length) return `None of the models shown was measured on ${there.label} too${left}.`;
    const same = both.filter(row => here.batch[row] === there.batch[row]),
      median = some => format.times(frontier.median(ratio(some)));
    const batches =
      same.length === both.length
        ? 'all at equal batch sizes'
        : same.length
          ? `batch sizes are equal for ${format.count(same.length)} of them (median ${median(same)}) and differ for the rest, which confounds those`
          : 'but batch sizes differ for every one, so this is no comparison of the hardware alone';
    return `On ${there.label}: ${median(both)} as fast, the median of the ${format.count(both.length)} shown that are in both${left}; ${batches}.`;
  }

  function source() {
    const { source, sets, benchmarks } = data.raw,
      left = source.faults.length ? ` Left out: ${source.faults.join('; ')}.` : '',
      unknown = source.unknown.length ? ` Not as timm published them: ${source.unknown.join(', ')}.` : '';
    return `${format.count(benchmarks.length)} benchmark files and ${sets.length} test sets from ${source.text}. ${format.count(data.n)} models and image sizes${source.gn ? `; ${source.gn} whose names end in gn or begin with test_ are left out` : ''}.${left}${unknown} Licences are those that timm declares. Page made on ${data.raw.made} by timm_bench ${data.raw.version}.`;
  }

  return { start, draw, forget, legend, meaning, source };
})();
