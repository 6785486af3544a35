'use strict';
// The rows that are shown, as a CSV file.
const csv = (() => {
  // Text that a spreadsheet would take for a formula begins with an apostrophe; ordinary names stay as they are.
  const harmless = text => text.replace(/(^|[;\t\r\n])(\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])/g, "$1$2'$3").replace(/^([\t\r\n])/, "'$1");

  function cell(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return '';
    if (typeof value === 'number') return String(value);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    const text = harmless(value);
    return /[",;\t\r\n]/.test(text) || text !== text.trim() ? `"${text.replace(/"/g, '""')}"` : text;
  }

  // The columns under the names that they have in timm_bench's frames: name, and the value at a point.
  function columns(data, view) {
    const { here, there } = view,
      part = here.about.part,
      at = column => point => column[point];
    const named = column => point => column.names[column.codes[point]];
    const list = [
      ['model', at(data.model)],
      ['img_size', at(data.size)],
      ['family', named(data.family)],
      ...(part === 'train' ? [['train_img_size', at(here.train_size)]] : []),
      ['secs', at(here.secs)],
      [`${part}_samples_per_sec`, at(here.rate)],
      [`${part}_batch_size`, at(here.batch)],
      ['param_count', at(here.params)],
      ['infer_gmacs', at(here.macs)],
      ['infer_macts', at(here.acts)],
      ...['top1', 'top5'].flatMap(top => data.raw.sets.map(set => [`${top}_${set.id}`, at(data.columns[`${top}_${set.id}`])])),
      ['pretrain', named(data.pretrain)],
      ['license', named(data.license)],
      ['weight', at(data.weight)],
    ];
    if (here.folded.size) list.push(['folded', point => (here.rate[point] > 0 ? here.folded.has(point) : null)]);
    if (here.estimated)
      list.push(
        ['estimated', point => (here.rate[point] > 0 ? Boolean(here.estimated[point]) : null)],
        ['secs_low', at(here.low)],
        ['secs_high', at(here.high)],
      );
    list.push(
      ['benchmark', () => here.about.file],
      ['measured', () => ({ public: 'published', own: 'own measurement', estimate: 'own measurement and estimates' })[here.about.kind]],
    );
    if (there)
      list.push(
        ['secs_b', at(there.secs)],
        ['batch_size_b', at(there.batch)],
        ['speedup', point => axes.speedup(here, there, point)],
        ['benchmark_b', () => there.about.file],
      );
    return list;
  }

  function text(data, view, rows) {
    const list = columns(data, view);
    const lines = [list.map(([name]) => cell(name)), ...rows.map(point => list.map(([, value]) => cell(value(point))))];
    return lines.map(line => line.join(',')).join('\n') + '\n';
  }

  return { text, cell };
})();
