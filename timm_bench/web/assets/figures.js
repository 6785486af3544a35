// Draws the charts of a page with the site's own plotly.js: as wide as there is room, when they come into view, in the
// colours of the page. What a chart shows is in the page as JSON beside it.
(() => {
  "use strict";
  const NARROW = 640; // pixels; below it legends go under the chart, and names inside it go
  const system = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement; // data-colours="system": a page without a switch of its own
  const dark = () => !printing && (root.dataset.colours === "system" ? system.matches : root.classList.contains("quarto-dark") || document.body.classList.contains("quarto-dark"));
  const PAPER = 680; // pixels; how wide a chart is drawn for print
  let printing = false;
  const look = () => dark()
    ? { text: "#d7dce3", muted: "#a9b1bd", grid: "#343b46", back: "#171b21" }
    : { text: "#1f2933", muted: "#5a6572", grid: "#e3e7ec", back: "#ffffff" };

  // ---- colours that can be told from the background, keeping their hue: WCAG asks for a contrast of 3 to 1, and of 4.5 to 1 for text
  const rgb = (colour) => {
    const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour);
    if (hex) return [0, 1, 2].map((i) => parseInt(hex[1].length === 3 ? hex[1][i] + hex[1][i] : hex[1].slice(2 * i, 2 * i + 2), 16));
    const parts = /^rgb\((\d+),\s*(\d+),\s*(\d+)\)$/.exec(colour);
    return parts && parts.slice(1).map(Number);
  };
  const luminance = (parts) => parts.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  };
  const readable = (colour, back, enough = 3) => {
    if (colour === "white") return back; // the rim between dots
    let parts = typeof colour === "string" ? rgb(colour) : null;
    if (!parts || !dark()) return colour;
    if (new Set(parts).size === 1) parts = parts.map((v) => 255 - v); // what is grey on white is in the background here, too
    for (let i = 0; i < 12 && contrast(parts, rgb(back)) < enough; i++) parts = parts.map((v) => Math.round(v + (255 - v) * 0.15));
    return `rgb(${parts.join(", ")})`;
  };
  const COLOURS = new Set(["color", "arrowcolor", "bordercolor", "fillcolor"]);
  const recolour = (value, back, enough) => {
    if (Array.isArray(value)) return value.map((v) => (v && typeof v === "object" ? recolour(v, back) : v));
    if (!value || typeof value !== "object" || value.bdata !== undefined) return value;
    return Object.fromEntries(Object.entries(value).map(([key, v]) => {
      if (key === "colorscale") return [key, v.map(([at, colour]) => [at, readable(colour, back)])];
      if (COLOURS.has(key) && Array.isArray(v)) return [key, v.map((colour) => (typeof colour === "string" ? readable(colour, back, enough) : colour))];
      return [key, COLOURS.has(key) && typeof v === "string" ? readable(v, back, enough) : recolour(v, back, /font$/.test(key) ? 4.5 : 3)];
    }));
  };

  // ---- the figure for this page
  const template = (c) => {
    const axis = { gridcolor: c.grid, zerolinecolor: c.grid, linecolor: c.grid, automargin: true, title: { standoff: 12 } };
    return { data: { scatter: [{ marker: { line: { color: c.back } } }] }, layout: {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: c.text, family: getComputedStyle(document.body).fontFamily },
      xaxis: axis, yaxis: axis, hoverlabel: { align: "left" }, legend: { bgcolor: "rgba(0,0,0,0)" },
      colorway: ["#332288", "#cc6677", "#117733", "#88ccee", "#882255", "#44aa99", "#aa4499", "#999933"].map((colour) => readable(colour, c.back)),
    } };
  };
  const config = { responsive: false, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
  // names placed point by point, panels and sliders were set for one width: such a chart keeps it, and scrolls sideways
  const isSet = (layout, width) => Boolean(layout.sliders || layout.xaxis2 || (width >= NARROW && (layout.annotations || []).some((a) => a.showarrow)));
  const fewer = ({ type, tickvals, ticktext }) => { // a phone has no room for 1, 2 and 5 of each decade: the decades, or ticks that are a sixth of the axis apart
    if (type !== "log" || !tickvals || !ticktext) return {};
    const places = tickvals.map(Math.log10), step = (places[places.length - 1] - places[0]) / 6;
    const powers = places.flatMap((place, i) => (Math.abs(place - Math.round(place)) < 1e-9 ? [i] : []));
    const spread = places.reduce((kept, place, i) => (kept.length && place - places[kept[kept.length - 1]] < step ? kept : [...kept, i]), []);
    const kept = powers.length > 2 ? powers : spread;
    return { tickvals: kept.map((i) => tickvals[i]), ticktext: kept.map((i) => ticktext[i]) };
  };
  const fitting = (title = {}, room) => // what does not fit along an axis says less of the batch
    (title.text && title.text.length * 6 > room ? { ...title, text: title.text.replace(" over the batch", "") } : title);
  const figure = (spec, width) => {
    const c = look(), { data, layout, frames } = recolour(spec, c.back);
    layout.template = template(c);
    if (layout.legend && layout.legend.bgcolor) layout.legend.bgcolor = `${c.back}cc`;
    if (matchMedia("(pointer: coarse)").matches) { // a finger that scrolls the page is not to zoom the chart
      layout.dragmode = false;
      for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key)) layout[key] = { ...layout[key], fixedrange: true };
    }
    if (layout.width && isSet(layout, width)) {
      delete layout.template.layout.font.family; // the one that its names were measured in
      return { data, layout, frames, config };
    }
    const { categoryarray, ticktext } = layout.yaxis || {}, rows = (categoryarray || ticktext || []).length; // each needs its line
    layout.height = Math.max(420, 130 + 18 * rows, Math.min(layout.height || 450, 0.8 * width));
    if (width < NARROW) {
      layout.legend = { ...layout.legend, orientation: "h", x: 0, xanchor: "left", y: -54 / (layout.height - 100), yref: "paper", yanchor: "top", title: { text: "" } };
      layout.height += 24 * Math.ceil(data.filter((t) => t.showlegend !== false).length / 3);
      layout.margin = { ...layout.margin, l: 44, r: 8 };
      layout.annotations = (layout.annotations || []).filter((a) => !a.showarrow);
      for (const { marker } of data) if (marker && marker.sizeref) marker.sizeref *= 2; // bubbles of half the area
      if (layout.xaxis) Object.assign(layout.xaxis, fewer(layout.xaxis));
      for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key)) layout[key] = { ...layout[key], nticks: key[0] === "y" && layout[key].categoryarray ? 0 : 5, tickfont: { size: 10 }, title: { ...fitting(layout[key].title, (key[0] === "y" ? layout.height : width) - 60), font: { size: 11 } } };
    }
    return { data, layout: { ...layout, width }, frames, config };
  };
  const draw = (plot) => {
    const width = printing ? PAPER : plot.clientWidth, drawn = figure(JSON.parse(plot.parentElement.querySelector("script").textContent), width);
    plot.style.height = `${drawn.layout.height}px`;
    plot.dataset.drawn = `${width} ${dark()}`;
    return window.Plotly.newPlot(plot, drawn).then(() => document.dispatchEvent(new Event("chartdrawn"))); // assets/site.js looks whether it scrolls
  };

  // ---- the table of a chart, when it is asked for
  document.querySelectorAll("figure.chart details").forEach((details) => details.addEventListener("toggle", () => {
    const template = details.querySelector("template");
    if (template) template.replaceWith(template.content);
  }));

  // ---- when: in view, after a change of colours or of width
  const plots = [...document.querySelectorAll("figure.chart .plot")];
  const redraw = () => plots.filter((plot) => plot.dataset.drawn && plot.dataset.drawn !== `${plot.clientWidth} ${dark()}`).forEach(draw);
  const seen = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
    seen.unobserve(target);
    draw(target);
  }), { rootMargin: "600px" });
  plots.forEach((plot) => seen.observe(plot));
  let waiting = null;
  const later = () => { clearTimeout(waiting); waiting = setTimeout(redraw, 100); };
  window.addEventListener("resize", later);
  system.addEventListener("change", later);

  // ---- on paper: every chart, whether it has been in view or not, in the colours of paper
  window.addEventListener("beforeprint", () => { printing = true; plots.forEach(draw); });
  window.addEventListener("afterprint", () => { printing = false; later(); });
  new MutationObserver(later).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  new MutationObserver(later).observe(document.body, { attributes: true, attributeFilter: ["class"] });
})();
