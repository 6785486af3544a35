// What the site adds to smalldocs' own script: search by all words, and scrolling parts that a keyboard can reach.
(() => {
  "use strict";
  // ---- search: every word must be there, at least as the beginning of a word; a word of a title counts more than one of the text.
  // Only where that finds nothing, smalldocs' search for similar spellings answers.
  const similar = window.Fuse;
  const escape = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const count = (text, word) => (text.match(new RegExp(`(?<![\\p{L}\\p{N}])${escape(word)}`, "giu")) || []).length;
  const prose = (section) => (/^(\.\/)?(guides|tutorials)\//.test(section.href) ? 4 : 0); // before the reference, which has the same words in code
  const score = (section, words) => {
    let total = 0;
    for (const word of words) {
      const [title, heading, text] = [section.title, section.section, section.text].map((part) => count(part, word));
      const whole = count(`${section.section || section.title} `, `${word} `) ? 12 : 0; // a heading that is the word itself
      if (!title && !heading && !text) return 0;
      total += whole + prose(section) + 8 * Math.min(title, 1) + 6 * Math.min(heading, 1) + Math.min(text, 5);
    }
    return total;
  };
  window.Fuse = class {
    constructor(sections, options) { this.sections = sections; this.fuse = similar && new similar(sections, options); }
    search(query, options) {
      const words = query.toLowerCase().split(/[\s,]+/).filter(Boolean);
      const found = this.sections.map((item) => ({ item, score: score(item, words) })).filter((hit) => hit.score);
      if (!found.length && this.fuse) return this.fuse.search(query, options);
      return found.sort((one, other) => other.score - one.score).slice(0, options.limit);
    }
  };

  // ---- sections of the sidebar open with the keyboard as well
  document.addEventListener("keydown", (event) => {
    const toggle = event.target.closest && event.target.closest('a[role="button"]:not([href])');
    if (toggle && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); toggle.click(); }
  });

  // ---- sentences wrap, in the cells of a table and in what a cell printed; only code and columns scroll, each table by itself
  const words = (text) => text.trim().split(/\s+/).length;
  document.querySelectorAll("main tbody :is(td, th)").forEach((cell) => cell.classList.toggle("prose", words(cell.textContent) > 5));
  document.querySelectorAll(".cell-output pre").forEach((part) => {
    const lines = part.textContent.trimEnd().split("\n"), columns = lines.some((line) => /\S {2,}\S|[|│]/.test(line));
    part.classList.toggle("prose", !columns && Math.max(...lines.map(words)) > 7);
  });
  document.querySelectorAll(".cell-output-display > div:not(.sd-table) > table").forEach((table) => {
    const holder = document.createElement("div");
    holder.className = "sideways";
    table.replaceWith(holder);
    holder.append(table);
  });

  // ---- what scrolls sideways can be reached and scrolled with the keyboard, and fades at the edge where it goes on
  const edges = (part) => {
    const left = part.scrollLeft, hidden = part.scrollWidth - part.clientWidth - left;
    part.classList.toggle("goes-left", left > 1);
    part.classList.toggle("goes-right", hidden > 1);
  };
  const watched = new WeakSet();
  const scrolling = () => document.querySelectorAll("pre, .scroll, .sideways, .sd-table, .plot").forEach((part) => {
    const scrolls = part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1;
    if (scrolls) part.tabIndex = 0; else part.removeAttribute("tabindex");
    edges(part);
    if (!watched.has(part)) part.addEventListener("scroll", () => edges(part), { passive: true });
    watched.add(part);
  });
  scrolling();
  window.addEventListener("resize", scrolling);
  window.addEventListener("load", scrolling);
  document.addEventListener("chartdrawn", scrolling);
  document.addEventListener("toggle", () => setTimeout(scrolling), true);

  // ---- the contents stand beside the text where there is room for both, and otherwise under the title
  const contents = document.getElementById("TOC"), title = document.getElementById("title-block-header"), margin = document.getElementById("quarto-margin-sidebar");
  const room = window.matchMedia("(min-width: 1522px)");
  const place = () => (room.matches ? margin : title).append(contents);
  if (contents && title && margin) { place(); room.addEventListener("change", place); }
})();
