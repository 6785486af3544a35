'use strict';
// The page: a state, what follows from it, and what changes it.
const app = (() => {
  let data,
    first,
    now,
    view,
    families,
    typing = false,
    later = null,
    dark = matchMedia('(prefers-color-scheme: dark)');

  function start() {
    data = tables.read(JSON.parse(dom.find('data').textContent));
    first = state.initial(data);
    const on = {
      open,
      pin,
      unpin: () => change({ pin: [] }),
      copy,
      zoom: zoom => change({ zoom: zoom && zoom.map(end => Number(end.toPrecision(8))) }),
      sort: sort => change({ sort }),
      point: chart.mark,
      facts: point => card.facts(data, now, view, point),
    };
    controls.start(data, {
      change,
      settle: () => {
        typing = false;
      },
      clear,
      tick,
      colour,
      alone,
    });
    chart.start(on);
    grid.start(on);
    buttons();
    addEventListener('popstate', fromAddress);
    addEventListener('hashchange', fromAddress);
    dark.addEventListener('change', () => draw());
    document.addEventListener('keydown', keys);
    dom.find('source').textContent = controls.source();
    fromAddress();
    requestAnimationFrame(() => setTimeout(() => performance.mark('shown')));
  }

  // The address tells all; what it asks for in vain is said.
  function fromAddress() {
    if (now && location.hash.slice(1) === state.write(now, first)) return;
    clearTimeout(later);
    const read = state.read(location.hash, data),
      box = dom.find('notice');
    now = read.now;
    typing = false;
    controls.forget();
    box.hidden = !read.problems.length;
    dom.show(box, [`This link asks for what this page cannot show, and is shown without: ${read.problems.join('; ')}.`]);
    draw();
  }

  // The one way in which anything changes. While typing or sliding, the address follows a little later, in one step back.
  function change(patch, soft = false) {
    now = state.settle({ ...now, ...patch }, data);
    const push = !(soft && typing);
    typing = soft;
    dom.find('notice').hidden = true;
    draw();
    clearTimeout(later);
    if (push) address(true);
    else later = setTimeout(() => address(false), 150);
  }

  function address(push) {
    const fragment = '#' + state.write(now, first);
    if (fragment === (location.hash || '#')) return;
    try {
      history[push ? 'pushState' : 'replaceState'](null, '', fragment);
    } catch {
      if (push) location.hash = fragment;
      else location.replace(fragment);
    } // a document without an address of its own, such as a notebook's frame
  }

  const theme = () => now.theme ?? (dark.matches ? 'dark' : 'light');

  function draw() {
    document.documentElement.dataset.theme = theme();
    dom.find('theme').textContent = theme() === 'dark' ? 'Light' : 'Dark';
    view = filters.look(data, now);
    const style = Object.fromEntries(['ground', 'text', 'muted', 'line', 'grid', 'accent', 'edge'].map(name => [name, dom.themed(`--${name}`)]));
    style.grey = dom.themed('--grey-dot');
    families = new Map(
      [...colours.assign(data.raw, colours.chosen(data.raw, now))].map(([name, look]) => [
        name,
        { symbol: look.symbol, colour: colours.readable(look.hue, style.ground) },
      ]),
    );
    style.families = families;
    const chips = filters.active(data, now, view.all.find(axis => axis.id === axes.accuracyOf(data, now)).name.replace(' (%)', ''));
    controls.draw(now, view, families, chips);
    controls.legend(view, families);
    chart.draw(data, now, view, style);
    grid.draw(data, now, view, families);
    card.draw(data, now, view, { open, pin, copy });
    card.pins(data, now, view, { open, pin, unpin: () => change({ pin: [] }) });
    words(chips);
  }

  function words(chips) {
    dom.show(dom.find('meaning'), controls.meaning(now, view));
    const { all, shown, noValue, filtered } = view.counts,
      outside = zoomedOut();
    const hidden = [
      noValue
        ? `${format.count(noValue)} that lack ${[view.yAxis, view.xAxis].map(axis => axis.name.replace(/ \(.*/, '').replace(/^(Time|Images|Par|Act|Test|Speed)/, word => word.toLowerCase())).join(' or ')}`
        : null,
      filtered ? `${format.count(filtered)} by ${chips.length} filter${chips.length > 1 ? 's' : ''}` : null,
    ]
      .filter(Boolean)
      .join(', ');
    dom.show(dom.find('counts'), [
      dom.make('b', { text: format.count(shown) }),
      ` of ${format.count(all)} shown${hidden ? `; hidden: ${hidden}` : ''}${outside ? `; ${format.count(outside)} outside of the zoomed chart` : ''}`,
    ]);
    dom.show(
      dom.find('chips'),
      chips.map(chip =>
        dom.make(
          'li',
          {},
          dom.make(
            'button',
            {
              type: 'button',
              title: `${chip.words}: remove this filter`,
              'aria-label': `Remove the filter: ${chip.words}`,
              onclick: () => change(chip.off),
            },
            dom.make('span', { text: chip.words }),
            ' ✕',
          ),
        ),
      ),
    );
    dom.find('chart').setAttribute('aria-label', spoken());
    empty(chips);
  }

  function zoomedOut() {
    if (!now.zoom) return 0;
    const inside = (value, log, low, high) => {
      const at = log ? Math.log10(value) : value;
      return at >= low && at <= high;
    };
    return view.rows.filter(
      row => !(inside(view.x[row], view.xlog, now.zoom[0], now.zoom[1]) && inside(view.y[row], view.ylog, now.zoom[2], now.zoom[3])),
    ).length;
  }

  // The chart in words.
  function spoken() {
    const { rows, x, y, xAxis, yAxis, here } = view,
      title = `${yAxis.name} against ${xAxis.name} on ${here.label}`;
    if (!rows.length) return `${title}: no model is shown.`;
    const best = (column, axis) => rows.reduce((a, b) => ((axis.better === 'high' ? column[b] > column[a] : column[b] < column[a]) ? b : a)),
      [bx, by] = [best(x, xAxis), best(y, yAxis)];
    return `${title}: ${format.count(rows.length)} models. Best across: ${data.model[bx]} (${xAxis.write(x[bx])}). Best up: ${data.model[by]} (${yAxis.write(y[by])}). ${now.front ? `${format.count(view.edge.length)} on the frontier. ` : ''}The table below has the same rows.`;
  }

  // Why nothing is shown, and which filter to loosen.
  function empty(chips) {
    const box = dom.find('empty');
    box.hidden = view.rows.length > 0;
    if (view.rows.length) return;
    const ways = filters.loosen(data, now, view, chips),
      gap = (axis, own) => (view.fails.every((fail, point) => !view.counted[point] || fail & own) ? axis.name : null);
    const bare = gap(view.yAxis, filters.bit.y) ?? gap(view.xAxis, filters.bit.x);
    const line = way =>
      dom.make(
        'li',
        {},
        way.nearest
          ? dom.make('button', {
              type: 'button',
              text: `${way.words.replace(/ [≤≥].*/, '')} ${filters.budgets[way.name].most ? '≤' : '≥'} ${way.nearest.words}`,
              onclick: () => change({ [way.name]: way.nearest.value }),
            })
          : null,
        dom.make('button', { type: 'button', text: way.name ? `without ${way.words}` : way.words, onclick: () => change(way.off) }),
        dom.make('span', { class: 'muted', text: `${format.count(way.without)} model${way.without > 1 ? 's' : ''}` }),
      );
    dom.show(box, [
      dom.make('strong', { text: 'No model is left' }),
      dom.make('p', {
        text: bare
          ? `This benchmark has no “${bare}” for any model: choose another axis.`
          : ways.length
            ? ways[0].name
              ? 'Loosen one of these:'
              : 'No filter alone is to blame. Switch off:'
            : 'No model has a value on both axes.',
      }),
      bare ? null : dom.make('ul', {}, ways.map(line)),
      chips.length && !bare
        ? dom.make('button', {
            type: 'button',
            id: 'clear-empty',
            text: chips.length > 1 ? `Clear all ${chips.length} filters` : 'Clear the filter',
            onclick: clear,
          })
        : null,
    ]);
  }

  function clear() {
    controls.forget();
    change(state.noFilters());
  }

  const tick = (name, value, checked) => change({ [name]: checked ? [...now[name], value] : now[name].filter(other => other !== value) });
  const alone = name => change({ fam: now.fam.length === 1 && now.fam[0] === name ? [] : [name], col: [...families.keys()] });

  function colour(name) {
    const shown = [...families.keys()];
    change({ col: shown.includes(name) ? shown.filter(other => other !== name) : [...shown, name] });
  }

  function open(point) {
    const had = dom.find('card').contains(document.activeElement);
    change({ open: point === null ? null : data.keys[point] });
    if (point === null && had) dom.find('table').focus();
  }

  function pin(point) {
    const key = data.keys[point],
      has = now.pin.includes(key);
    if (!has && now.pin.length === state.maxPins) return notify(`${state.maxPins} models are pinned, and no more fit side by side: unpin one first.`);
    change({ pin: has ? now.pin.filter(other => other !== key) : [...now.pin, key] });
  }

  let fading = null;
  function notify(text) {
    const box = dom.find('notice');
    box.hidden = false;
    dom.show(box, [text]);
    clearTimeout(fading);
    fading = setTimeout(() => {
      box.hidden = true;
    }, 6000);
  }

  async function copy(text, said) {
    const done = await dom.copy(text);
    const words = done ? said : 'The browser does not allow copying here; select the text instead';
    dom.say(words);
    const button = document.activeElement;
    if (button?.tagName === 'BUTTON' && done && !button.dataset.was) {
      button.dataset.was = button.textContent;
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = button.dataset.was;
        delete button.dataset.was;
      }, 1500);
    }
    if (!done) notify(words);
  }

  const fileName = kind => `timm_bench-${now.hw.replace(/[^\w.-]+/g, '_').slice(0, 80)}.${kind}`;

  function buttons() {
    const click = (id, action) => dom.find(id).addEventListener('click', action);
    dom.find('q').addEventListener('input', event => change({ q: event.target.value }, true));
    dom.find('q').addEventListener('blur', () => {
      typing = false;
    });
    for (const axis of ['x', 'y']) {
      dom.find(axis).addEventListener('change', event => change({ [axis]: event.target.value, [`${axis}log`]: null, zoom: null }));
      click(`${axis}log`, () => {
        const log = !view[`${axis}log`],
          own = view[`${axis}Axis`].log;
        change({ [`${axis}log`]: log === own ? null : log, zoom: null });
      });
    }
    click('front', () => change({ front: !now.front }));
    click('unzoom', () => change({ zoom: null }));
    click('csv', () => {
      dom.save(fileName('csv'), new Blob([csv.text(data, view, grid.order())], { type: 'text/csv;charset=utf-8' }));
      dom.say(`${format.count(view.rows.length)} rows saved`);
    });
    click('png', async () => {
      const url = await chart.picture(
        `${view.yAxis.name} against ${view.xAxis.name}`,
        `${view.here.label} · ${format.count(view.rows.length)} models · ${axes.kindOfTime(view.batches)}`,
      );
      dom.save(fileName('png'), toBlob(url));
      dom.say('Picture saved');
    });
    click('theme', () => change({ theme: theme() === 'dark' ? 'light' : 'dark' }));
    click('link', () => {
      address(false);
      copy(location.href, 'The link is copied');
    });
    click('help', help);
    click('show-filters', () => {
      const shown = dom.find('filters').classList.toggle('shown');
      dom.find('show-filters').setAttribute('aria-expanded', String(shown));
    });
  }

  function toBlob(url) {
    const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), character => character.charCodeAt(0));
    return new Blob([bytes], { type: 'image/png' });
  }

  function help() {
    const box = dom.find('help-box'),
      line = (...cells) =>
        dom.make(
          'tr',
          {},
          cells.map(cell => dom.make('td', {}, cell)),
        ),
      key = name => dom.make('kbd', { text: name });
    dom.show(box, [
      dom.make('h2', { id: 'help-title', text: 'How to use this page' }),
      dom.make(
        'table',
        {},
        dom.make(
          'tbody',
          {},
          line(key('/'), 'search by name'),
          line(key('f'), 'frontier on and off'),
          line([key('↑'), ' ', key('↓')], 'move in the table (click it, or reach it with Tab)'),
          line(key('Enter'), "open the row's card"),
          line(key('p'), 'pin the row, to compare up to five'),
          line(key('Esc'), 'close the card'),
          line(key('?'), 'this help'),
        ),
      ),
      dom.make('p', {
        text: 'Drag in the chart to zoom, double-click to see all again. A click on a dot or a row opens its card. Everything you set is in the address: the link reproduces the view, and Back undoes a step.',
      }),
      dom.make('p', {
        text: 'Time per image is one divided by the throughput. GPU files are measured with large batches, so it is amortised, not latency; only at batch size 1 is it the latency of one image. Batch sizes differ between models and files, so a comparison of two files is only as good as the batch sizes that they share.',
      }),
      dom.make('p', {
        text: 'The frontier is what nothing beats on both axes. “Faster and at least as accurate” counts every model of the benchmark, whatever the filters; “a tie with it” means that chance alone could explain the difference in accuracy. In the table ≈ marks what ties so with the most accurate that is shown, and ◇ a step of the frontier that ties with the step before.',
      }),
      dom.make('p', {
        text: 'Published figures come from the files named at the foot of the page. Own measurements and estimates stand beside them, are marked, and change none of them.',
      }),
      dom.make('button', { type: 'button', id: 'close-help', text: 'Close', onclick: () => box.close() }),
    ]);
    if (!box.open) box.showModal();
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || dom.find('help-box').open) return;
    const field = event.target.matches?.('input:not([type=checkbox]):not([type=range]), select, textarea');
    if (event.key === 'Escape') {
      if (event.target.id === 'q') event.target.blur();
      else if (now.open) open(null);
      return;
    }
    if (field) return;
    const action = {
      '/': () => {
        dom.find('q').focus();
        dom.find('q').select();
      },
      f: () => change({ front: !now.front }),
      '?': help,
    }[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  }

  return { start };
})();

app.start();
