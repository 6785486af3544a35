'use strict';
// The table. Only the rows in sight are in the page, so that tens of thousands scroll like twenty.
const grid = (() => {
  const spare = 8,
    narrow = 560;
  let height = 30, // of a row, in pixels
    slim = false, // no room for a name on one line: on several, so that accuracy and time stand beside it
    box,
    wide,
    head,
    body,
    on,
    order = [],
    twice = new Set(), // names of models that are shown at several image sizes
    list = [],
    data,
    view,
    now,
    active = -1,
    looks = new Map();
  const pool = [];

  function start(handlers) {
    on = handlers;
    box = dom.find('table');
    head = dom.make('div', { class: 'line', role: 'row', 'aria-rowindex': 1 });
    body = dom.make('div', { class: 'body', role: 'rowgroup' });
    wide = dom.make('div', { class: 'wide', role: 'none' }, dom.make('div', { class: 'head', role: 'rowgroup' }, head), body);
    dom.show(box, [wide]);
    box.addEventListener('scroll', () => paint(), { passive: true });
    box.addEventListener('keydown', key);
    box.addEventListener('blur', () => on.point(-1));
    box.addEventListener('focus', () => {
      if (active >= 0) on.point(order[active]);
    });
    new ResizeObserver(() => {
      if (data && (slim || box.clientWidth < narrow)) draw(data, now, view, looks);
      else paint();
    }).observe(box);
  }

  function fit() {
    slim = box.clientWidth < narrow;
    height = slim ? 54 : 30;
    box.classList.toggle('slim', slim);
    box.style.setProperty('--row', `${height}px`);
  }

  // The columns: `value` to sort by, `write` to show. What is filtered by stands beside the accuracy and the time.
  function columns(data, now, view) {
    const { here, there } = view,
      named = column => point => column.names[column.codes[point]];
    const column = (id, name, width, value, write, title) => ({
      id,
      name,
      width,
      value,
      write: write ?? (point => format.number(value(point))),
      right: true,
      title,
    });
    const text = (id, name, width, of, none, title) => ({
      id,
      name,
      width,
      value: named(of),
      write: point => named(of)(point) ?? none,
      right: false,
      title,
    });
    const shown = new Set([axes.accuracyOf(data, now), ...[now.y, now.x].filter(axes.isAccuracy)]);
    const accuracy = [...shown].map(id => {
      const axis = view.all.find(axis => axis.id === id);
      return column(
        id,
        axis.name.replace(' (%)', ' %'),
        Math.max(150, 8 * axis.name.length + 20),
        point => data.columns[id][point],
        point => format.percent(data.columns[id][point]),
      );
    });
    const first = [
      { id: 'model', name: 'Model', width: 424, value: point => data.lower[point], write: point => data.model[point], right: false },
      accuracy[0],
      column(
        'secs',
        'Time/image',
        122,
        point => here.secs[point],
        point => format.time(here.secs[point]),
        axes.kindOfTime(view.batches),
      ),
    ];
    const rest = [
      ...accuracy.slice(1),
      ...(there
        ? [
            column(
              'secs_b',
              'Time, second',
              136,
              point => there.secs[point],
              point => format.time(there.secs[point]),
              there.label,
            ),
            column(
              'speedup',
              'Speed-up',
              104,
              point => axes.speedup(here, there, point),
              point => format.times(axes.speedup(here, there, point)),
              `times faster on ${there.label}`,
            ),
          ]
        : []),
      column('params', 'Params M', 106, point => here.params[point]),
      text('license', 'Licence', 106, data.license, 'none declared', 'as timm declares it'),
      text('pretrain', 'Pre-training', 122, data.pretrain, 'not told'),
      column('rate', 'Images/s', 104, point => here.rate[point]),
      column('batch', 'Batch', 80, point => here.batch[point]),
      ...(there ? [column('batch_b', 'Batch, second', 144, point => there.batch[point])] : []),
      column('size', 'Image px', 100, point => data.size[point]),
      ...(here.train_size ? [column('train_size', 'Training px', 116, point => here.train_size[point])] : []),
      column('macs', 'MACs G', 94, point => here.macs[point]),
      column('acts', 'Acts M', 92, point => here.acts[point]),
      text('family', 'Family', 128, data.family),
    ];
    const asked = {
      size: now.smin !== null || now.smax !== null,
      params: now.pmax !== null,
      macs: now.mmax !== null,
      acts: now.amax !== null,
      family: now.fam.length > 0,
      license: now.lic.length > 0,
      pretrain: now.pre.length > 0,
    };
    const filtered = column => Boolean(asked[column.id]);
    return [...first, ...rest.filter(filtered), ...rest.filter(column => !filtered(column))];
  }

  // Rows in the order of a column, missing values last.
  function sorted(rows, column, down) {
    const values = new Map(Array.from(rows, row => [row, column.value(row)])),
      missing = value => value === null || value === undefined || Number.isNaN(value);
    const sign = down ? -1 : 1;
    return Array.from(rows).sort((a, b) => {
      const one = values.get(a),
        other = values.get(b);
      if (missing(one) || missing(other)) return missing(one) - missing(other) || a - b;
      return (one < other ? -sign : one > other ? sign : 0) || a - b;
    });
  }

  function draw(newData, newNow, newView, families) {
    const sameView = order.length && active >= 0 ? order[active] : -1,
      sort = newNow.sort ?? `-${axes.accuracyOf(newData, newNow)}`;
    [data, now, view, looks] = [newData, newNow, newView, families];
    fit();
    list = columns(data, now, view);
    const column = list.find(column => column.id === sort.replace(/^-/, '')) ?? list[1];
    order = sorted(view.rows, column, sort.startsWith('-'));
    const seen = new Set();
    twice = new Set(order.map(point => data.model[point]).filter(name => seen.has(name) || !seen.add(name)));
    active = order.indexOf(sameView);
    box.setAttribute('aria-rowcount', order.length + 1);
    box.setAttribute('aria-colcount', list.length);
    heading(column, sort.startsWith('-'));
    body.style.height = `${order.length * height}px`;
    paint(true);
  }

  // What is best comes first: the most accurate, the fastest, the smallest.
  const lowIsBest = ['secs', 'secs_b', 'params', 'macs', 'acts'];
  const highFirst = column => column.right && !lowIsBest.includes(column.id);

  function heading(by, down) {
    const widths = list.map(column => column.width);
    if (slim) widths.splice(0, 3, Math.max(160, box.clientWidth - 84 - 96), 84, 96);
    const template = widths.map(width => `minmax(${width}px, ${width}fr)`).join(' ');
    wide.style.minWidth = `${widths.reduce((sum, width) => sum + width)}px`;
    const focused = document.activeElement?.dataset?.sort;
    dom.show(
      head,
      list.map((column, i) => {
        const button = dom.make('button', {
          type: 'button',
          'data-sort': column.id,
          title: column.title ?? `Sort by ${column.name}`,
          onclick: () => on.sort(column.id === by.id ? (down ? '' : '-') + column.id : (highFirst(column) ? '-' : '') + column.id),
          text: column.name + (column.id === by.id ? (down ? ' ↓' : ' ↑') : ''),
        });
        return dom.make(
          'div',
          {
            class: `cell${column.right ? ' right' : ''}${i ? '' : ' first'}`,
            role: 'columnheader',
            'aria-colindex': i + 1,
            'aria-sort': column.id === by.id ? (down ? 'descending' : 'ascending') : null,
          },
          button,
        );
      }),
    );
    head.style.gridTemplateColumns = template;
    if (focused) head.querySelector(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
  }

  let from = -1,
    to = -1;
  function paint(anew = false) {
    if (!data) return;
    const first = Math.max(0, Math.floor((box.scrollTop - height) / height) - spare),
      last = Math.min(order.length, first + Math.ceil(box.clientHeight / height) + 2 * spare);
    if (!anew && first === from && last === to) return;
    [from, to] = [first, last];
    while (pool.length < last - first) pool.push(empty());
    dom.show(
      body,
      pool.slice(0, last - first).map((row, i) => fill(row, first + i)),
    );
    if (active >= first && active < last) box.setAttribute('aria-activedescendant', `row-${active}`);
    else box.removeAttribute('aria-activedescendant');
  }

  function empty() {
    const pin = dom.make('button', { class: 'pin', type: 'button', tabindex: -1 }),
      row = dom.make('div', { class: 'row', role: 'row' });
    pin.addEventListener('click', event => {
      event.stopPropagation();
      on.pin(order[row.at]);
    });
    row.addEventListener('click', () => {
      activate(row.at, false);
      on.open(order[row.at]);
    });
    row.addEventListener('mouseenter', () => on.point(order[row.at]));
    row.addEventListener('mouseleave', () => on.point(document.activeElement === box && active >= 0 ? order[active] : -1));
    row.pin = pin;
    return row;
  }

  // The mark of a model on the frontier: hollow where it ties with the step before.
  const onEdge = point =>
    view.tiedSteps.has(point)
      ? dom.make('span', { class: 'on-edge', text: '◇', title: 'on the frontier, but a tie with the step before' })
      : dom.make('span', { class: 'on-edge', text: '◆', title: 'on the frontier' });

  // A name that breaks before its parts.
  const foldable = name => name.split(/(?=[._])/).flatMap((part, i) => (i ? [dom.make('wbr'), part] : [part]));

  function fill(row, at) {
    const point = order[at],
      key = data.keys[point],
      pinned = now.pin.includes(key),
      look = looks.get(data.family.names[data.family.codes[point]]);
    row.at = at;
    row.id = `row-${at}`;
    row.className = `row${at === active ? ' active' : ''}${key === now.open ? ' open' : ''}`;
    row.style.top = `${at * height}px`;
    row.style.gridTemplateColumns = head.style.gridTemplateColumns;
    row.setAttribute('aria-rowindex', at + 2);
    row.setAttribute('aria-selected', String(key === now.open));
    row.pin.textContent = pinned ? '★' : '☆';
    row.pin.setAttribute('aria-pressed', String(pinned));
    row.pin.setAttribute('aria-label', `Pin ${data.model[point]}`);
    const mark = view.here.estimated?.[point] ? 'estimate' : view.here.folded.has(point) ? 'folded' : null,
      badge = mark ? dom.make('span', { class: 'badge', text: mark, title: mark === 'folded' ? axes.folded : null }) : null,
      edge = view.onEdge.has(point) && (now.front || now.edge);
    const first = dom.make(
      'div',
      { class: 'cell first', role: 'rowheader', 'aria-colindex': 1 },
      row.pin,
      dom.mark(look?.colour ?? dom.themed('--grey-dot'), look?.symbol, true),
      dom.make('span', { class: 'name', title: data.model[point] }, slim ? foldable(data.model[point]) : data.model[point]),
      slim && twice.has(data.model[point]) ? dom.make('span', { class: 'muted', text: `${data.size[point]} px` }) : null,
      edge ? onEdge(point) : null,
      view.ties.has(point) ? dom.make('span', { class: 'muted', text: '≈', title: 'a tie with the most accurate that is shown' }) : null,
      slim ? null : badge,
    );
    dom.show(row, [
      first,
      ...list.slice(1).map((column, i) => {
        const text = column.write(point),
          cell = dom.make('div', { class: column.right ? 'cell right' : 'cell', role: 'gridcell', 'aria-colindex': i + 2, text });
        if (!column.right) cell.title = text;
        if (text === format.missing) cell.classList.add('muted');
        if (slim && badge && column.id === 'secs') cell.append(' ', badge);
        return cell;
      }),
    ]);
    return row;
  }

  function activate(at, scroll = true) {
    active = Math.max(-1, Math.min(order.length - 1, at));
    if (scroll && active >= 0) {
      const top = active * height,
        room = box.clientHeight - height - 2;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + height > box.scrollTop + room) box.scrollTop = top + height - room;
    }
    paint(true);
    on.point(active >= 0 ? order[active] : -1);
  }

  function key(event) {
    if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(box.clientHeight / height) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (event.key in steps) activate(Math.max(0, active + steps[event.key]));
    else if (event.key === 'Home') activate(0);
    else if (event.key === 'End') activate(order.length - 1);
    else if (event.key === 'Enter' && active >= 0) on.open(order[active]);
    else if ((event.key === 'p' || event.key === ' ') && active >= 0) on.pin(order[active]);
    else return;
    event.preventDefault();
  }

  return { start, draw, columns, sorted, order: () => order };
})();
