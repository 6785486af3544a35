'use strict';
// All that a view is made of, and its place in the address.
const state = (() => {
  const lists = ['fam', 'lic', 'pre', 'col', 'pin'],
    budgets = ['tmax', 'pmax', 'mmax', 'amax', 'accmin', 'smin', 'smax'],
    flags = ['full', 'edge'];
  const maxPins = 5;

  // The filters, all of them open.
  const noFilters = () => ({
    q: '',
    tmax: null,
    pmax: null,
    mmax: null,
    amax: null,
    accmin: null,
    smin: null,
    smax: null,
    fam: [],
    lic: [],
    pre: [],
    full: false,
    edge: false,
  });

  // The view of a page that was opened without a fragment.
  function initial(data) {
    const part = data.raw.sets[0];
    return {
      hw: data.raw.default,
      vs: null,
      x: 'secs',
      y: `top1_${part.id}`,
      xlog: null,
      ylog: null,
      ...noFilters(),
      front: true,
      col: null,
      sort: null,
      open: null,
      pin: [],
      zoom: null,
      theme: null,
    };
  }

  // The fragment of a view: what differs from the first one.
  function write(now, first) {
    const found = new URLSearchParams();
    for (const [name, value] of Object.entries(now)) {
      if (JSON.stringify(value) === JSON.stringify(first[name])) continue;
      if (lists.includes(name)) {
        for (const item of value.length ? value : ['']) found.append(name, item ?? '\u0000');
      } else if (name === 'zoom') found.set(name, value.map(end => Number(end.toPrecision(8))).join(','));
      else if (typeof value === 'boolean') found.set(name, value ? '1' : '0');
      else found.set(name, value);
    }
    return found.toString();
  }

  // What somebody wrote, in quotes where it would not be seen.
  const wordOf = value => (/^[^\u0000-\u001f]{1,60}$/.test(value) ? value : JSON.stringify(value.slice(0, 60)));

  // The view of a fragment, and what of it this page cannot show, in words.
  function read(fragment, data) {
    const now = initial(data),
      problems = [],
      asked = new URLSearchParams(fragment.replace(/^#/, ''));
    const ids = new Set(axes.list(data, true).map(axis => axis.id));
    const wrong = (name, value, why) => problems.push(`${name}=${wordOf(value)}: ${why}`);
    for (const name of new Set(asked.keys())) {
      const value = asked.get(name);
      if (!Object.hasOwn(now, name)) wrong(name, value, 'not a setting of this page');
      else if (lists.includes(name)) now[name] = readList(name, asked.getAll(name), data, wrong);
      else if (budgets.includes(name)) {
        if (Number(value) >= 0 && value.trim()) now[name] = Number(value);
        else wrong(name, value, 'not a number');
      } else if (flags.includes(name) || ['front', 'xlog', 'ylog'].includes(name)) {
        if (/^[01]$/.test(value)) now[name] = value === '1';
        else wrong(name, value, 'neither 0 nor 1');
      } else if (name === 'hw' || name === 'vs') {
        if (data.benchmarks.has(value)) now[name] = value;
        else wrong(name, value, 'this page has no such benchmark');
      } else if (name === 'x' || name === 'y') {
        if (ids.has(value)) now[name] = value;
        else wrong(name, value, 'nothing that can be on an axis');
      } else if (name === 'open') {
        if (data.index.has(value)) now.open = value;
        else wrong(name, value, 'this page has no such model');
      } else if (name === 'zoom') {
        const ends = value.split(',').map(Number);
        if (ends.length === 4 && ends.every(Number.isFinite)) now.zoom = ends;
        else wrong(name, value, 'not four numbers');
      } else if (name === 'theme') {
        if (['light', 'dark'].includes(value)) now.theme = value;
        else wrong(name, value, 'neither light nor dark');
      } else now[name] = value;
    }
    return { now: settle(now, data), problems };
  }

  function readList(name, values, data, wrong) {
    const kept = values.filter((value, i) => value !== '' && values.indexOf(value) === i).map(value => (value === '\u0000' ? null : value));
    const refuse = (value, why) => void wrong(name, value ?? '\u0000', why);
    if (name === 'pin') return kept.filter(key => data.index.has(key) || refuse(key, 'this page has no such model')).slice(0, maxPins);
    const column = { fam: data.family, col: data.family, lic: data.license, pre: data.pretrain }[name];
    return kept.filter(
      value =>
        column.names.includes(value) || (name === 'lic' && value === 'commercial') || refuse(value, 'no model of this page has it'),
    );
  }

  // No axis of a comparison without one; no benchmark compared with itself.
  function settle(now, data) {
    const done = { ...now };
    if (done.vs === done.hw) done.vs = null;
    if (!done.vs)
      for (const axis of ['x', 'y'])
        if (['secs_b', 'speedup'].includes(done[axis])) {
          done[axis] = axis === 'x' ? 'secs' : initial(data).y;
          done[`${axis}log`] = null;
          done.zoom = null;
        }
    return done;
  }

  return { initial, noFilters, write, read, settle, maxPins };
})();
