// The front page's first answers, for other hardware, a budget and a licence: by the explorer's own data and logic, which
// are fetched when somebody first touches a control. Until then the page shows what was written when it was built.
(() => {
  "use strict";
  const box = document.getElementById("answers");
  if (!box) return;
  const find = (name) => box.querySelector(`[data-part="${name}"]`);
  const [form, tables, problem, line, copy, explore] = ["form", "tables", "problem", "line", "copy", "explore"].map(find);
  const goals = JSON.parse(box.dataset.goals), both = JSON.parse(box.dataset.both), built = tables.innerHTML;
  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);

  // ---- what the explorer knows, once it is wanted
  let asked = null;
  const script = (src) => new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src, onload: done, onerror: failed }));
  });
  const known = () => {
    asked ??= Promise.all(["assets/explorer-logic.js", "assets/explorer-data.js"].map(script)).then(() => {
      const logic = window.explorerLogic;
      return { ...logic, data: logic.tables.read(window.explorerData) };
    });
    return asked;
  };

  // ---- the answers for one benchmark
  // An architecture's time at the size that it was trained at, or where it was not measured there, at its smallest.
  const timeOf = (arch, trained, { data }, here) => {
    const size = (point) => (data.size[point] === trained ? 0 : data.size[point]);
    let first = -1;
    for (let point = 0; point < data.n; point++)
      if (here.rate[point] > 0 && data.weight[point].split(".")[0] === arch && (first < 0 || size(point) < size(first))) first = point;
    return first < 0 ? NaN : here.secs[first];
  };
  const limits = (explorer, here, budget) => {
    const found = [];
    for (const [goal, arch, trained] of goals) {
      const own = arch ? timeOf(arch, trained, explorer, here) : Infinity;
      if (Number.isNaN(own)) continue;
      if (budget > own) found.push({ words: arch ? `${goal}, as ${arch}` : goal, secs: own });
      else if (budget < Infinity) found.push({ words: `within ${explorer.format.time(budget)}`, secs: budget });
      else found.push({ words: goal, secs: Infinity });
    }
    return found.filter((limit, i) => i === 0 || limit.secs !== found[i - 1].secs);
  };
  const everything = ({ data, state }, id) => ({ ...state.initial(data), hw: id, y: "top1_imagenet", front: false });
  const rowsOf = (explorer, id, wanted) => {
    const { data, format, frontier, filters, tables: read } = explorer;
    const here = read.measured(data, id), accuracy = data.columns.top1_imagenet;
    const budget = wanted.budget === "" ? Infinity : filters.budgets.tmax.read(wanted.budget, data, here);
    if (Number.isNaN(budget)) return null;
    return limits(explorer, here, budget).map(({ words, secs }) => {
      const now = { ...everything(explorer, id), tmax: secs === Infinity ? null : secs, lic: wanted.licence ? [wanted.licence] : [] };
      const view = filters.look(data, now), first = frontier.mostAccurate(view.rows, accuracy, here.secs);
      if (first < 0) return { wanted: words, model: "none fits" };
      const faster = [...view.ties].filter((row) => here.secs[row] < here.secs[first]).sort((a, b) => here.secs[a] - here.secs[b])[0];
      const sized = (row) => `${data.model[row]} at ${data.size[row]} px`;
      const count = format.count(view.ties.size), named = faster === undefined ? "" : `${sized(faster)} (${format.time(here.secs[faster])})`;
      return {
        wanted: words, model: data.model[first], pixels: String(data.size[first]),
        "top-1 (%)": `${accuracy[first].toFixed(1)} ± ${frontier.chance(data.errors.top1_imagenet[first]).toFixed(1)}`,
        "time per image": format.time(here.secs[first]),
        "declared licence": data.license.names[data.license.codes[first]] ?? "none declared",
        "tie with it": !view.ties.size ? "none" : !named ? (view.ties.size === 1 ? `1, not faster: ${sized([...view.ties][0])}` : count) : `${count}, ${view.ties.size === 1 ? "faster" : "the fastest"}: ${named}`,
      };
    });
  };

  // ---- the same as a table
  const tableOf = (rows) => {
    const names = Object.keys(rows.find((row) => row.pixels) ?? rows[0]), table = make("table", "", { className: "answers" });
    const head = table.createTHead().insertRow(), body = table.createTBody();
    for (const name of names) head.append(make("th", name, { scope: "col" }));
    for (const row of rows) {
      const line = body.insertRow();
      for (const name of names) { const cell = make("td", row[name] ?? ""); cell.dataset.name = name; line.append(cell); }
    }
    return table;
  };
  const shown = (explorer, id, rows) => {
    const about = explorer.data.benchmarks.get(id), view = explorer.filters.look(explorer.data, everything(explorer, id));
    return [make("h3", about.label), make("p", `Time: ${explorer.axes.kindOfTime(view.batches)}.`, { className: "kind" }), tableOf(rows)];
  };

  // ---- what somebody wants
  const wanted = () => ({ hardware: form.elements.hardware.value, budget: form.elements.budget.value.trim(), licence: form.elements.licence.value });
  const command = (explorer, { hardware, budget, licence }) => {
    const words = hardware && explorer.data.benchmarks.get(hardware).words;
    const quoted = (text) => (/^[\w./]+$/.test(text) ? text : `'${text}'`);
    return ["timm_bench best", words && `--benchmark ${quoted(words)}`, budget && `--under ${quoted(budget)}`, licence && `--license ${licence}`].filter(Boolean).join(" ");
  };
  const address = (explorer, { hardware, budget, licence }) => {
    const { data, state, filters, tables: read } = explorer, first = state.initial(data), hw = hardware || first.hw;
    const tmax = budget ? filters.budgets.tmax.read(budget, data, read.measured(data, hw)) : null;
    const fragment = state.write({ ...first, hw, tmax, lic: licence ? [licence] : [] }, first);
    return `explore.html${fragment ? `#${fragment}` : ""}`;
  };
  const update = () => known().then((explorer) => {
    const now = wanted(), ids = now.hardware ? [now.hardware] : both;
    const bare = /^[\d.]+$/.test(now.budget), found = ids.map((id) => rowsOf(explorer, id, now));
    const wrong = bare || found.includes(null);
    form.elements.budget.setAttribute("aria-invalid", String(wrong));
    problem.textContent = bare ? `${now.budget} what? Such as ${now.budget} ms.` : wrong ? `Not a time: give such as ${explorer.filters.budgets.tmax.example}.` : "";
    if (wrong) return;
    if (!now.hardware && !now.budget && !now.licence) tables.innerHTML = built;
    else tables.replaceChildren(...ids.flatMap((id, i) => shown(explorer, id, found[i])), make("p", box.dataset.source, { className: "kind" }));
    line.textContent = command(explorer, now);
    explore.href = address(explorer, now);
  }, () => { problem.textContent = "What the explorer knows could not be loaded; the explorer itself has it."; });

  form.hidden = copy.hidden = false;
  let waiting = null;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 150); });
  form.addEventListener("focusin", () => known().catch(() => null), { once: true });
  form.addEventListener("submit", (event) => { event.preventDefault(); update(); });
  copy.addEventListener("click", () => navigator.clipboard.writeText(line.textContent).then(() => {
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  }));
})();
