'use strict';
// Numbers as people read and write them.
const format = (() => {
  const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
  const three = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });
  const four = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 4 });
  const missing = '–';

  const known = value => value !== null && value !== undefined && !Number.isNaN(value);
  const count = value => grouped.format(value);
  const number = value => (known(value) ? (Math.abs(value) >= 1000 ? grouped : four).format(value) : missing);
  const percent = value => (known(value) ? value.toFixed(2) : missing);
  const times = value => (known(value) ? '×' + (value >= 9.995 ? three.format(value) : value.toFixed(2)) : missing);

  const units = [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ];
  // A time in the unit that suits it: 0.00123 is 1.23 ms.
  function time(secs, digits = three) {
    if (!known(secs)) return missing;
    const [scale, unit] = units.find(([scale]) => secs >= scale * 0.9995) ?? units[3];
    return `${digits.format(secs / scale)} ${unit}`;
  }

  // The same, so exactly that reading it gives the number back.
  function exactTime(secs) {
    const [scale, unit] = units.find(([scale]) => secs >= scale * 0.9995) ?? units[3];
    const text = `${Number((secs / scale).toPrecision(12))} ${unit}`;
    return parseTime(text) === secs ? text : `${secs} s`;
  }

  const perSecond = { s: 1, sec: 1, ms: 1e3, us: 1e6, µs: 1e6, μs: 1e6, ns: 1e9 };
  const numeral = String.raw`((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)`;

  // Seconds from '5ms', '200 us', '0.01', '200/s', '200fps'; NaN for anything else.
  function parseTime(text) {
    const found = new RegExp(`^${numeral} ?(s|sec|ms|us|µs|μs|ns|/s|fps)?$`, 'i').exec(text.trim().replace(/,/g, ''));
    if (!found || !(Number(found[1]) > 0)) return NaN;
    const unit = (found[2] ?? 's').toLowerCase();
    return unit === '/s' || unit === 'fps' ? 1 / Number(found[1]) : Number(found[1]) / perSecond[unit];
  }

  // Whether a time was written without its unit.
  const bare = text => new RegExp(`^${numeral}$`, 'i').test(text.trim().replace(/,/g, ''));

  // How many times whose time, from 'resnet50' or '0.5x resnet50'; null for anything else.
  function parseRelative(text) {
    const found = new RegExp(`^(?:${numeral} ?[x×] ?)?([a-z].*)$`, 'i').exec(text.trim());
    return found && Number(found[1] ?? 1) > 0 ? { times: Number(found[1] ?? 1), name: found[2].toLowerCase() } : null;
  }

  const letters = { K: 1e3, M: 1e6, B: 1e9, G: 1e9, T: 1e12 };
  // An amount in a column's unit (1e6 for millions) from '25', '25M', '4 G'; NaN for anything else.
  function parseAmount(text, unit) {
    const found = new RegExp(`^${numeral} ?([KMBGT])?%?$`, 'i').exec(text.trim().replace(/,/g, ''));
    if (!found || !(Number(found[1]) >= 0)) return NaN;
    return Number(found[1]) * (found[2] ? letters[found[2].toUpperCase()] / unit : 1);
  }

  // Text for plotly, which takes some HTML: with nothing left that it could take for a tag or an entity.
  const forPlotly = text => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

  return { count, number, percent, times, time, exactTime, parseTime, bare, parseRelative, parseAmount, forPlotly, known, missing };
})();
