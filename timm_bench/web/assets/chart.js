'use strict';
// The chart. plotly draws the axes and the lines, and tells which point is pointed at; the dots, up to tens of thousands
// of them, are drawn on a canvas of the same size above, because an SVG element for each takes too long for a slider.
const chart = (() => {
  const margin = { l: 64, r: 16, t: 12, b: 48 };
  const touch = matchMedia('(pointer: coarse)').matches;
  let area,
    canvas,
    tip,
    on,
    last = null,
    marked = -1;

  function start(handlers) {
    [area, canvas, tip] = ['plot', 'dots', 'tip'].map(dom.find);
    on = handlers;
    new ResizeObserver(() => {
      if (last) draw(last.data, last.now, last.view, last.style);
    }).observe(dom.find('chart'));
  }

  const ends = (zoom, own) => zoom ?? own ?? [0, 1];

  // The two axes: range (in powers of ten where logarithmic), ticks and titles.
  function frame(view, now, size, style) {
    const { xAxis, yAxis } = view,
      zoom = now.zoom;
    const other = axes.second(now, view),
      both = (column, second) => (other && second !== column ? [column, second] : [column]);
    const xr = ends(zoom && zoom.slice(0, 2), axes.range(both(view.x, other?.x), view.rows, view.xlog)),
      yr = ends(zoom && zoom.slice(2), axes.range(both(view.y, other?.y), view.rows, view.ylog));
    const wide = Math.max(2, Math.floor((size.width - margin.l - margin.r) / 74)),
      tall = Math.max(2, Math.floor((size.height - margin.t - margin.b) / 44));
    const axis = (of, range, log, room) => {
      const [low, high] = log ? range.map(end => 10 ** end) : range,
        at = axes.ticks(low, high, log, room),
        titles = [axes.title(of, view), ...axes.briefly(of, view)];
      return {
        type: log ? 'log' : 'linear',
        range,
        autorange: false,
        tickvals: at,
        ticktext: at.map(v => label(of, v)),
        title: {
          text: format.forPlotly(fitting(titles, of === xAxis ? size.width : size.height) ?? of.name),
          font: { size: 13 },
          standoff: 8,
        },
        gridcolor: style.grid,
        linecolor: style.line,
        zeroline: false,
        automargin: false,
        fixedrange: touch,
        tickfont: { size: 12 },
        showexponent: 'none',
        minorloglabels: 'none',
      };
    };
    return { xaxis: axis(xAxis, xr, view.xlog, wide), yaxis: axis(yAxis, yr, view.ylog, tall) };
  }

  // The longest title that fits along its axis: what the time is of, the words below the chart say too.
  const fitting = (titles, room) => titles.find(title => title.length * 6.8 < room - margin.l);

  const label = (axis, value) => (axis.set || axis.id === 'size' ? String(value) : axis.id === 'speedup' ? `×${value}` : axis.write(value));

  function layout(view, now, size, style) {
    return {
      ...frame(view, now, size, style),
      width: size.width,
      height: size.height,
      margin,
      showlegend: false,
      hovermode: 'closest',
      hoverdistance: 14,
      dragmode: touch ? false : 'zoom',
      paper_bgcolor: style.ground,
      plot_bgcolor: style.ground,
      font: { family: 'system-ui, sans-serif', color: style.text, size: 12 },
    };
  }

  const pick = (column, rows) => Array.from(rows, row => column[row]);

  // The staircase along what nothing beats.
  function stairs(rows, x, y, xAxis, style, dash) {
    const along = rows.slice().sort((a, b) => x[a] - x[b]);
    return {
      type: 'scatter',
      mode: 'lines',
      x: pick(x, along),
      y: pick(y, along),
      hoverinfo: 'skip',
      line: { shape: xAxis.better === 'low' ? 'hv' : 'vh', width: 1.3, color: style.edge, dash },
    };
  }

  function lines(now, view, style) {
    const found = [],
      other = axes.second(now, view);
    if (now.front && view.edge.length) found.push(stairs(view.edge, view.x, view.y, view.xAxis, style, 'solid'));
    if (other && now.front)
      found.push(
        stairs(frontier.unbeaten(view.rows, other.x, other.y, view.xAxis.better, view.yAxis.better), other.x, other.y, view.xAxis, style, 'dot'),
      );
    if (other && view.rows.length <= 60)
      found.push({
        type: 'scatter',
        mode: 'lines',
        hoverinfo: 'skip',
        line: { width: 1, color: style.muted },
        x: view.rows.flatMap(row => [view.x[row], other.x[row], null]),
        y: view.rows.flatMap(row => [view.y[row], other.y[row], null]),
      });
    return found;
  }

  function draw(data, now, view, style) {
    const size = { width: area.parentElement.clientWidth, height: area.parentElement.clientHeight };
    if (!size.width || !size.height) return;
    last = { data, now, view, style, size, axes: null };
    const points = { type: 'scatter', mode: 'none', hoveron: 'points', hoverinfo: 'none', x: pick(view.x, view.rows), y: pick(view.y, view.rows) };
    const plan = layout(view, now, size, style);
    last.axes = { x: plan.xaxis.range, y: plan.yaxis.range };
    const bound = area.on !== undefined;
    Plotly.react(area, [points, ...lines(now, view, style)], plan, {
      displayModeBar: false,
      doubleClick: false,
      doubleClickDelay: 500,
      showTips: false,
      responsive: false,
    });
    if (!bound) listen();
    dots();
    hideTip();
  }

  function listen() {
    area.on('plotly_hover', event => {
      const row = pointed(event);
      if (row !== null) showTip(row, event);
    });
    area.on('plotly_unhover', hideTip);
    area.on('plotly_click', event => {
      const row = pointed(event);
      if (row !== null) on.open(row);
    });
    area.on('plotly_doubleclick', () => on.zoom(null));
    area.on('plotly_relayouting', event => {
      const moved = rangesOf(event);
      if (moved) {
        last.axes = moved;
        dots();
      }
    });
    area.on('plotly_relayout', event => {
      const moved = rangesOf(event);
      if (moved) on.zoom([...moved.x, ...moved.y]);
    });
  }

  const pointed = event => {
    const found = event.points.find(point => point.curveNumber === 0);
    return found ? last.view.rows[found.pointNumber] : null;
  };

  function rangesOf(event) {
    const end = (axis, i) => event[`${axis}axis.range[${i}]`] ?? event[`${axis}axis.range`]?.[i];
    if (end('x', 0) === undefined && end('y', 0) === undefined) return null;
    return Object.fromEntries(['x', 'y'].map(axis => [axis, [0, 1].map(i => end(axis, i) ?? last.axes[axis][i])]));
  }

  // Pixels in the canvas of a value on an axis.
  const across = (value, log, [low, high], length) => (((log ? Math.log10(value) : value) - low) / (high - low)) * length;
  const placeX = value => across(value, last.view.xlog, last.axes.x, last.size.width - margin.l - margin.r);
  const placeY = value => {
    const tall = last.size.height - margin.t - margin.b;
    return tall - across(value, last.view.ylog, last.axes.y, tall);
  };

  const radius = count => (count > 4000 ? 2.6 : count > 900 ? 3.6 : 4.4);

  // Small pictures of the marks: drawing one many times is quicker than drawing its outline many times.
  function stamp(colour, symbol, open, r, ratio, faint) {
    const side = Math.ceil((2 * r + 4) * ratio),
      picture = document.createElement('canvas'),
      pen = picture.getContext('2d');
    picture.width = picture.height = side;
    pen.translate(side / 2, side / 2);
    pen.scale((ratio * r) / 4.5, (ratio * r) / 4.5);
    pen.translate(-8, -8); // the shapes are drawn in a box of 16 around their middle
    const path = new Path2D(dom.shapes[symbol] ?? dom.shapes.circle);
    pen.fillStyle = pen.strokeStyle = colour;
    pen.lineWidth = open ? 1.8 : 1;
    pen.globalAlpha = faint ? 0.4 : 0.75;
    if (!open) pen.fill(path);
    pen.globalAlpha = faint ? 0.7 : 1;
    pen.stroke(path);
    return { picture, half: side / ratio / 2, side: side / ratio };
  }

  function clean() {
    const ratio = devicePixelRatio || 1,
      width = Math.max(1, last.size.width - margin.l - margin.r),
      height = Math.max(1, last.size.height - margin.t - margin.b);
    Object.assign(canvas.style, { left: `${margin.l}px`, top: `${margin.t}px`, width: `${width}px`, height: `${height}px` });
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    return { pen, width, height, ratio };
  }

  function dots() {
    const { data, now, view, style } = last,
      { pen, width, height, ratio } = clean(),
      r = radius(view.rows.length),
      stamps = new Map();
    const estimated = view.here.estimated,
      other = axes.second(now, view);
    const put = (row, x, y, open) => {
      const left = placeX(x),
        top = placeY(y),
        look = style.families.get(data.family.names[data.family.codes[row]]);
      if (!(left > -9 && left < width + 9 && top > -9 && top < height + 9)) return;
      const key = `${look ? look.colour + look.symbol : ''}${open}`;
      if (!stamps.has(key)) stamps.set(key, stamp(look?.colour ?? style.grey, look?.symbol ?? 'circle', open, r, ratio, !look));
      const own = stamps.get(key);
      pen.drawImage(own.picture, left - own.half, top - own.half, own.side, own.side);
    };
    const grey = row => !style.families.has(data.family.names[data.family.codes[row]]);
    for (const first of [true, false])
      for (const row of view.rows) if (grey(row) === first) put(row, view.x[row], view.y[row], Boolean(estimated?.[row]));
    if (other && view.rows.length <= 60) for (const row of view.rows) put(row, other.x[row], other.y[row], true);
    if (estimated && view.rows.length <= 150) for (const row of view.rows) interval(pen, row);
    if (now.front) for (const row of view.edge) ring(pen, row, r + 0.4, 1.4, style.edge);
    names(pen, width, height);
    marks(pen);
  }

  function ring(pen, row, r, thick, colour) {
    pen.beginPath();
    pen.arc(placeX(last.view.x[row]), placeY(last.view.y[row]), r, 0, 7);
    pen.lineWidth = thick;
    pen.strokeStyle = colour;
    pen.stroke();
  }

  // The 90 % interval of an estimated time.
  function interval(pen, row) {
    const { now, view, style } = last;
    if (now.x !== 'secs' || !(view.here.low?.[row] > 0)) return;
    pen.beginPath();
    pen.moveTo(placeX(view.here.low[row]), placeY(view.y[row]));
    pen.lineTo(placeX(view.here.high[row]), placeY(view.y[row]));
    pen.lineWidth = 1;
    pen.strokeStyle = style.muted;
    pen.stroke();
  }

  // The names that have room at the pinned models and along the frontier; `at` tells where in an area a value is.
  function named(at, area, wideOf) {
    const { data, now, view } = last,
      pins = now.pin.map(key => data.index.get(key)),
      along = now.front ? view.edge.slice().sort((a, b) => view.y[b] - view.y[a]) : [],
      shown = new Set(view.rows);
    const point = row => ({
      row,
      text: data.model[row].split('.')[0],
      left: at.x(view.x[row]),
      top: at.y(view.y[row]),
      dot: view.onEdge.has(row),
      pinned: pins.includes(row),
    });
    const points = [...new Set([...pins, ...along])]
      .filter(row => shown.has(row))
      .map(point)
      .filter(({ left, top }) => left >= 0 && left <= area.width && top >= 0 && top <= area.height);
    const path = now.front ? view.edge.map(row => [at.x(view.x[row]), at.y(view.y[row])]).sort((a, b) => a[0] - b[0]) : [];
    const outward = { x: view.xAxis.better === 'high' ? 1 : -1, y: view.yAxis.better === 'low' ? 1 : -1 };
    return labels.place(
      points.map(own => ({ ...own, wide: wideOf(own.text) })),
      labels.stairs(path, view.xAxis.better === 'low' ? 'along' : 'up'),
      area,
      outward,
    );
  }

  function names(pen, width, height) {
    const { style } = last;
    Object.assign(pen, {
      font: '11.5px system-ui, sans-serif',
      textBaseline: 'middle',
      lineWidth: 3,
      lineJoin: 'round',
      strokeStyle: style.ground,
      fillStyle: style.text,
    });
    for (const { text, box } of named({ x: placeX, y: placeY }, { width, height }, text => pen.measureText(text).width)) {
      pen.strokeText(text, box[0], box[1] + 7);
      pen.fillText(text, box[0], box[1] + 7);
    }
  }

  // Rings around the pinned models, the open one and the one that is pointed at in the table.
  function marks(pen) {
    const { data, now, view, style } = last,
      shown = new Set(view.rows);
    const some = [...now.pin.map(key => data.index.get(key)), data.index.get(now.open), marked].filter(row => shown.has(row));
    for (const row of some) ring(pen, row, 8, 2.2, style.accent);
  }

  function mark(row) {
    if (row === marked) return;
    marked = row;
    if (last) dots();
  }

  function showTip(row, event) {
    const { data, view } = last,
      facts = on.facts(row);
    dom.show(tip, [
      dom.make('strong', { text: data.model[row] }),
      dom.make(
        'dl',
        {},
        facts.flatMap(([name, value]) => [dom.make('dt', { text: name }), dom.make('dd', { text: value })]),
      ),
    ]);
    tip.hidden = false;
    const left = margin.l + placeX(view.x[row]),
      top = margin.t + placeY(view.y[row]),
      { offsetWidth: wide, offsetHeight: tall } = tip;
    tip.style.left = `${Math.max(4, left + 14 + wide > last.size.width ? left - 14 - wide : left + 14)}px`;
    tip.style.top = `${Math.min(Math.max(4, top - tall / 2), Math.max(4, last.size.height - tall - 4))}px`;
    area.style.cursor = event ? 'pointer' : '';
  }

  function hideTip() {
    tip.hidden = true;
    area.style.cursor = '';
  }

  // The names for a picture, as plotly places them: from their point, so many pixels away.
  function annotations(plan, area) {
    const { view } = last,
      at = {
        x: value => across(value, view.xlog, plan.xaxis.range, area.width),
        y: value => area.height - across(value, view.ylog, plan.yaxis.range, area.height),
      };
    const place = (value, log) => (log ? Math.log10(value) : value);
    return named(at, area, text => text.length * 6).map(({ row, text, left, top, box }) => ({
      text: format.forPlotly(text),
      x: place(view.x[row], view.xlog),
      y: place(view.y[row], view.ylog),
      showarrow: false,
      font: { size: 10.5 },
      xanchor: box[0] < left ? 'right' : 'left',
      yanchor: 'middle',
      xshift: box[0] < left ? box[0] + box[2] - left : box[0] - left,
      yshift: top - box[1] - 7,
    }));
  }

  // The chart as a picture, with title, legend and source, drawn by plotly alone.
  function picture(title, subtitle) {
    const { data, now, view, style } = last,
      groups = new Map([[null, []], ...[...style.families.keys()].map(name => [name, []])]);
    for (const row of view.rows) {
      const name = data.family.names[data.family.codes[row]];
      groups.get(style.families.has(name) ? name : null).push(row);
    }
    const traces = [...groups]
      .filter(([, rows]) => rows.length)
      .map(([name, rows]) => {
        const look = style.families.get(name),
          shape = look?.symbol ?? 'circle',
          estimated = view.here.estimated;
        return {
          type: 'scatter',
          mode: 'markers',
          name: name === null ? 'other families' : format.forPlotly(name),
          x: pick(view.x, rows),
          y: pick(view.y, rows),
          showlegend: true,
          marker: {
            size: 7,
            opacity: 0.85,
            color: look?.colour ?? style.grey,
            symbol: rows.map(row => (estimated?.[row] ? `${shape}-open` : shape)),
          },
        };
      });
    const size = { width: 1200, height: 800 },
      room = { l: 70, r: 190, t: 80, b: 60 },
      plan = layout(view, now, size, style);
    Object.assign(plan, {
      showlegend: true,
      legend: { itemsizing: 'constant', traceorder: 'reversed' },
      margin: room,
      annotations: annotations(plan, { width: size.width - room.l - room.r, height: size.height - room.t - room.b }),
      title: {
        text: format.forPlotly(title),
        subtitle: { text: format.forPlotly(subtitle), font: { size: 12, color: style.muted } },
        x: 0.01,
        xanchor: 'left',
        font: { size: 18 },
      },
    });
    return Plotly.toImage(
      { data: [...traces, ...lines(now, view, style).map(line => ({ ...line, showlegend: false }))], layout: plan, config: {} },
      { format: 'png', ...size, scale: 2 },
    );
  }

  return { start, draw, mark, picture };
})();
