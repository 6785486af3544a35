'use strict';
// A colour for each of a few families, readable on either background. The families that have a hue of their own
// get it from charts/parts.py (HUES), as in all charts.
const colours = (() => {
  const parts = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
  const hex = rgb => '#' + rgb.map(part => Math.round(part).toString(16).padStart(2, '0')).join('');
  const luminance = colour => {
    const [r, g, b] = parts(colour)
      .map(part => part / 255)
      .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // WCAG's contrast of two colours, 1 to 21.
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const mix = (one, other, share) => hex(parts(one).map((part, i) => part + (parts(other)[i] - part) * share));

  // The same hue, moved away from the background until its contrast suffices.
  function readable(colour, background, enough = 3) {
    const towards = luminance(background) < 0.2 ? '#ffffff' : '#000000';
    for (let share = 0; share < 1; share += 0.04) {
      const moved = mix(colour, towards, share);
      if (contrast(moved, background) >= enough) return moved;
    }
    return towards;
  }

  // The families in colour: those that were chosen, or those that are filtered for, or the page's own.
  function chosen(raw, now) {
    const list = now.col ?? (now.fam.length ? now.fam : raw.coloured);
    return list.slice(0, raw.colours);
  }

  // Hue and symbol by family: its own, as in every chart of timm_bench, or else the first that is left over, in an unused hue if there is one.
  function assign(raw, families) {
    const known = new Map(Object.entries(raw.hues).map(([name, hue]) => [name, { hue, symbol: raw.symbols[name] ?? 'circle' }])),
      used = families.filter(name => known.has(name)).map(name => known.get(name));
    const worn = hue => used.some(look => look.hue === hue),
      hues = [...new Set(Object.values(raw.hues))].sort((one, other) => worn(one) - worn(other)),
      looks = ['circle', ...new Set(Object.values(raw.symbols))].flatMap(symbol => hues.map(hue => ({ hue, symbol }))),
      free = looks.filter(look => !used.some(other => other.hue === look.hue && other.symbol === look.symbol));
    return new Map(families.map(name => [name, known.get(name) ?? free.shift()]));
  }

  return { contrast, readable, chosen, assign, mix };
})();
