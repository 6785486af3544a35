'use strict';
// Elements. What comes from data goes in as text, never as markup.
const dom = (() => {
  const find = id => document.getElementById(id);

  // An element with properties (`class`, `text`, `on…`, attributes) and children.
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === 'text') element.textContent = value;
      else if (name === 'class') element.className = value;
      else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.flat().filter(child => child !== null && child !== undefined));
    return element;
  }

  const show = (element, children) => element.replaceChildren(...children.flat().filter(child => child !== null && child !== undefined));

  const shapes = {
    circle: 'M8 3.5a4.5 4.5 0 1 0 .01 0z',
    square: 'M4 4h8v8H4z',
    diamond: 'M8 2.5 13.5 8 8 13.5 2.5 8z',
    cross: 'M6.2 3h3.6v3.2H13v3.6H9.8V13H6.2V9.8H3V6.2h3.2z',
    hexagon: 'M8 2.8l4.5 2.6v5.2L8 13.2l-4.5-2.6V5.4z',
    'triangle-up': 'M8 2.8 13.4 12.6H2.6z',
  };
  // A small mark in a family's colour and symbol.
  function mark(colour, symbol = 'circle', filled = true) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'),
      path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    for (const [name, value] of Object.entries({ viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' })) svg.setAttribute(name, value);
    for (const [name, value] of Object.entries({
      d: shapes[symbol] ?? shapes.circle,
      fill: filled ? colour : 'none',
      stroke: colour,
      'stroke-width': 1.3,
    }))
      path.setAttribute(name, value);
    svg.append(path);
    return svg;
  }

  // Give the browser a file to save.
  function save(name, blob) {
    const link = make('a', { href: URL.createObjectURL(blob), download: name, class: 'hidden' });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 30000);
  }

  // Put text on the clipboard; where the browser does not allow that to a page like this one, through a selection.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      /* not allowed here: the old way */
    }
    const area = make('textarea', { class: 'hidden', readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }

  const say = text => {
    find('said').textContent = text;
  };
  const themed = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  return { find, make, show, mark, shapes, save, copy, say, themed };
})();
