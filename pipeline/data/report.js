"use strict";
// Draws the page from its data. Whatever comes from a document is set as text, never as markup.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const model = read("model"), words = read("words");
  const SVG = "http://www.w3.org/2000/svg", PAGE = 25, STAGES = model.all_stages, ALARMS = model.all_alarms;
  const root = document.getElementById("page"), state = {
    language: (navigator.language || "en").startsWith("zh") ? "zh" : "en",
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    search: "", stage: "", reason: "", verdict: "", site: "", alarm: "", from: 0, open: -1,
  };

  const say = (key, ...values) => (words[state.language][key] ?? key).replace(/\{(\d)\}/g, (_, i) => values[i]);
  const count = (n) => Number(n).toLocaleString(state.language === "zh" ? "zh-CN" : "en-US");
  const share = (a, b) => b ? (100 * a / b).toFixed(1) + " %" : "–";

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(9).filter((child) => child !== "" && child !== null && child !== undefined));
    return node;
  }

  const section = (key, ...children) => make("section", { "aria-labelledby": "h-" + key.replace(/ /g, "-") },
    make("h2", { id: "h-" + key.replace(/ /g, "-") }, say(key)), ...children);
  const table = (heads, rows) => make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": heads.map(([h]) => h).join(", ") },
    make("table", {},
      make("thead", {}, make("tr", {}, heads.map(([head, kind]) => make("th", { class: kind, scope: "col" }, head)))),
      make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell, i) => make("td", { class: heads[i][1] }, cell)))))));

  function bars(title, rows) {
    const most = Math.max(1, ...rows.map(([, n]) => n)), height = 20 * rows.length + 4;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 320 ${height}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", title + ": " + rows.map(([name, n]) => `${name} ${count(n)}`).join(", "));
    const put = (tag, attributes, text) => {
      const node = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      if (text !== undefined) node.textContent = text;
      svg.append(node);
    };
    rows.forEach(([name, n], i) => {
      put("text", { x: 96, y: 20 * i + 15, "text-anchor": "end" }, String(name).slice(0, 14));
      put("rect", { x: 102, y: 20 * i + 4, width: (150 * n) / most, height: 14, rx: 2 });
      put("text", { x: 106 + (150 * n) / most, y: 20 * i + 15 }, count(n));
    });
    return make("figure", {}, make("figcaption", {}, title), svg);
  }

  function funnel() {
    const f = model.funnel, c = model.characters;
    const steps = [["read", f.read], ["quarantined", f.quarantined], ["listing", f.listing], ["empty", f.empty - f.listing],
      ["aside", f.aside], ["duplicates", f.duplicates], ["kept", f.kept]];
    return make("ol", { class: "funnel" },
      steps.map(([key, n]) => make("li", {}, make("b", {}, count(n)), make("span", {}, say(key)))),
      make("li", {}, make("b", {}, share(c.after, c.before)), make("span", {}, say("characters", count(c.before)))));
  }

  function alarms() {
    if (!model.alarms.length) return section("alarms", make("p", { class: "dim" }, say("no alarms")));
    return section("alarms", model.alarms.map(([kind, n]) => make("p", { class: "alarm" },
      make("button", { class: "plain", onclick: () => choose({ alarm: kind }) }, `${count(n)} × ${say(kind)}`))));
  }

  function stages() {
    const rows = model.stages.map((stage) => [
      make("b", { class: stage.name }, stage.name), count(stage.documents), count(stage.taken), count(stage.put),
      stage.reasons.length ? stage.reasons.flatMap((r, i) => [i ? ", " : "",
        make("button", { class: "plain", onclick: () => choose({ stage: stage.name, reason: `${stage.name} ${r.reason}` }) }, r.reason),
        ` ${count(r.edits)} (${count(r.taken)})`]) : "–",
    ]);
    return section("stages", table([[say("stage")], [say("documents"), "n"], [say("out"), "n"], [say("in"), "n"], [say("why")]], rows));
  }

  function measures() {
    if (!model.has_audit) return section("measures", make("p", { class: "dim" }, say("no documents")));
    const lengths = (side) => model.lengths[side].map(([low, n], i, all) => [i + 1 < all.length ? `${low}–` : `${low}+`, n]);
    const charts = [bars(say("before"), lengths("before")), bars(say("after"), lengths("after"))];
    for (const kind of ["verdict", "script", "encoding"]) if (model.kinds[kind].length) charts.push(bars(say(kind), model.kinds[kind]));
    const signals = Object.entries(model.signals).filter(([, q]) => q && typeof q === "object");
    const parts = [make("div", { class: "charts" }, charts)];
    if (signals.length) {
      const names = [...new Set(signals.flatMap(([, q]) => Object.keys(q)))];
      parts.push(make("h3", {}, say("signals")), table([[say("signal")], ...names.map((name) => [name, "n"])],
        signals.map(([name, q]) => [name, ...names.map((key) => q[key] === undefined ? "" : String(q[key]))])));
    }
    return section("measures", parts);
  }

  function sites() {
    if (!model.has_audit) return section("sites", make("p", { class: "dim" }, say("no documents")));
    const rows = model.sites.rows.map((row) => [
      make("button", { class: "plain", onclick: () => choose({ site: row.site }) }, row.site || "–"),
      count(row.documents), share(row.kept || 0, row.documents), share(row.after || 0, row.before || 0)]);
    const lines = model.template.map((row) => [row.line, count(row.documents)]);
    return section("sites", make("p", { class: "dim" }, say("sites shown", count(rows.length), count(model.sites.of))),
      table([[say("site")], [say("documents"), "n"], [say("kept share"), "n"], [say("left"), "n"]], rows.slice(0, 30)),
      make("h3", {}, say("template")),
      lines.length ? table([[say("line")], [say("documents"), "n"]], lines.slice(0, 40)) : make("p", { class: "dim" }, say("no template")));
  }

  function clusters() {
    if (!model.clusters.length) return section("clusters", make("p", { class: "dim" }, say("no clusters")));
    return section("clusters", model.clusters.map((cluster) => make("details", {},
      make("summary", {}, `${say("dropped", count(cluster.dropped))} `, make("b", {}, cluster.title || cluster.id),
        make("span", { class: "dim" }, ` ${cluster.source}`)),
      cluster.beside.map((other) => make("div", {},
        make("p", {}, `${other.source} ${other.id}: ${say("same", share(other.similarity, 1), other.cause)}`),
        other.passages.length ? make("p", { class: "dim" }, say("differences", count(other.differences), count(other.passages.length)))
          : make("p", { class: "dim" }, say("only form")),
        make("div", { class: "sides" }, make("b", {}, say("dropped side")), make("b", {}, say("kept side")),
          other.passages.flatMap(([a, b]) => [make("del", {}, a || "–"), make("ins", {}, b || "–")])))))));
  }

  function quarantine() {
    const q = model.quarantine;
    const rows = q.rows.map((r) => [r.source + (r.line === null ? r.byte === null ? "" : ` @ ${r.byte}` : `:${r.line}`), r.reason, r.message]);
    const parts = q.of ? [table([[say("where")], [say("what")], [say("do")]], rows),
      q.of > rows.length ? make("p", { class: "dim" }, say("more", count(rows.length), count(q.of))) : ""]
      : [make("p", { class: "dim" }, say("no quarantine"))];
    if (model.left.length) parts.push(make("h3", {}, say("left out")), make("ul", {}, model.left.map((name) => make("li", {}, name))));
    return section("quarantine", parts);
  }

  const stagesOf = (d) => new Set(d.reasons.map((reason) => reason.split(" ")[0]));
  const alarmsOf = (d) => d.notes.map(([kind]) => kind).filter((kind) => ALARMS.includes(kind));

  function matches(d) {
    if (state.stage && !stagesOf(d).has(state.stage)) return false;
    if (state.reason && !d.reasons.includes(state.reason)) return false;
    if (state.verdict && d.verdict !== state.verdict) return false;
    if (state.site && d.site !== state.site) return false;
    if (state.alarm && !alarmsOf(d).includes(state.alarm)) return false;
    const search = state.search.trim().toLowerCase();
    return !search || [d.title, d.source, d.id].some((s) => s.toLowerCase().includes(search))
      || d.pieces.some((piece) => piece[0].toLowerCase().includes(search));
  }

  function choose(filter) {
    Object.assign(state, { search: "", stage: "", reason: "", verdict: "", site: "", alarm: "", from: 0, open: -1 }, filter);
    draw();
    document.getElementById("h-show").scrollIntoView();
  }

  function filters() {
    const values = {
      stage: STAGES, reason: [...new Set(model.documents.flatMap((d) => d.reasons))].sort(),
      verdict: [...new Set(model.documents.map((d) => d.verdict))].sort(),
      site: [...new Set(model.documents.map((d) => d.site))].sort(), alarm: [...new Set(model.documents.flatMap(alarmsOf))],
    };
    const pick = (key) => make("label", {}, say(key), make("select", { id: "f-" + key, onchange: (event) => {
      Object.assign(state, { [key]: event.target.value, from: 0, open: -1 }); list(); } },
      make("option", { value: "" }, say("any")), values[key].map((value) => make("option", { value, selected: state[key] === value },
        key === "alarm" ? say(value) : value))));
    return make("div", { class: "filters", role: "search" },
      make("label", {}, say("search"), make("input", { id: "f-search", type: "search", value: state.search, oninput: (event) => {
        Object.assign(state, { search: event.target.value, from: 0, open: -1 }); list(); } })),
      Object.keys(values).filter((key) => values[key].length || state[key]).map(pick));
  }

  function documents() {
    if (!model.documents.length) return section("show", make("p", { class: "dim" }, say("no documents")));
    return section("show", make("p", { class: "dim" }, say("sample", count(model.sampled.shown), count(model.sampled.of))), filters(),
      make("div", { id: "list" }));
  }

  function list() {
    const place = document.getElementById("list");
    if (!place) return;
    const found = model.documents.map((d, i) => [d, i]).filter(([d]) => matches(d));
    const page = found.slice(state.from, state.from + PAGE);
    const turn = (key, by, there) => make("button", { disabled: !there, onclick: () => { state.from += by; state.open = -1; list(); } }, say(key));
    place.replaceChildren(
      make("p", { role: "status" }, say("found", count(found.length))),
      make("ol", { class: "list" }, page.map(([d, i]) => make("li", {},
        make("button", { "aria-expanded": String(state.open === i), onclick: () => { state.open = state.open === i ? -1 : i; list(); focus(i); }, id: "d-" + i },
          make("b", {}, d.title || d.id), make("br"), make("span", { class: "dim" },
            `${d.source} · ${say("edits of", count(d.before), count(d.after))} · ${d.verdict}`)),
        state.open === i ? show(d) : ""))),
      found.length > PAGE ? make("p", {}, turn("previous", -PAGE, state.from > 0), " ", turn("next", PAGE, state.from + PAGE < found.length)) : "");
  }

  const focus = (i) => document.getElementById("d-" + i)?.focus();

  function show(d) {
    const why = make("p", { class: "why", role: "status" }, make("span", { class: "dim" }, say("hint")));
    const text = make("div", { class: "text", lang: "zh" });
    const tell = (span, reasons) => {
      text.querySelectorAll(".at").forEach((node) => node.classList.remove("at"));
      span.classList.add("at");
      why.replaceChildren(...reasons.flatMap((reason, i) => [i ? make("br") : "", reasonOf(reason)]).filter((x) => x !== ""));
    };
    for (const piece of d.pieces) {
      if (piece.length === 1) { text.append(piece[0]); continue; }
      const [before, after, reasons] = piece, stage = stageOf(reasons);
      const span = make("span", { class: `edit ${STAGES.includes(stage) ? stage : "other"}`, tabindex: 0, role: "note", "aria-label": reasons.join("; ") },
        before ? make("del", {}, before) : "", after ? make("ins", {}, after) : "");
      for (const event of ["focus", "click"]) span.addEventListener(event, () => tell(span, reasons));
      span.addEventListener("mousemove", (event) => {       // not where the page is scrolled under a pointer that rests
        if ((event.movementX || event.movementY) && !span.classList.contains("at")) tell(span, reasons);
      });
      text.append(span);
    }
    if (d.cut) text.append(make("span", { class: "dim" }, say("cut")));
    const rows = Object.entries(d.metadata).concat(d.notes.map(([kind, note]) => [kind, note]));
    if (d.fate === "duplicate") rows.unshift([say("verdict"), say("duplicate of", d.kept, d.cause, share(d.similarity, 1))]);
    return make("div", { class: "document" },
      make("dl", {}, rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))])),
      make("p", {}, make("button", { onclick: () => go(-1) }, say("previous cut")), " ", make("button", { onclick: () => go(1) }, say("next cut"))),
      d.pieces.length ? text : make("p", { class: "dim" }, say("spans")), why);
  }

  const stageOf = (reasons) => reasons.map((r) => r.split(":")[0]).find((stage) => stage !== "encoding") || "encoding";

  function reasonOf(reason) {
    const [stage, kind, score] = reason.replace(":", "").split(" ");
    return make("span", {}, make("b", { class: STAGES.includes(stage) ? stage : "other" }, stage), ` ${kind} · ${say("score")} ${score || say("sure")}`);
  }

  function go(by) {
    const cuts = [...document.querySelectorAll(".text .edit")];
    if (!cuts.length) return;
    const at = cuts.findIndex((cut) => cut.classList.contains("at"));
    const next = cuts[at < 0 ? (by > 0 ? 0 : cuts.length - 1) : (at + by + cuts.length) % cuts.length];
    next.focus();
    next.scrollIntoView({ block: "center" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "n") go(1);
    if (event.key === "p") go(-1);
  });

  function head() {
    const other = state.language === "en" ? "zh" : "en";
    return make("header", {}, make("h1", {}, "淘沙 ", make("small", {}, `Taosha: ${say("title")}`)),
      make("div", {},
        make("button", { id: "language", lang: other === "zh" ? "zh-CN" : "en", onclick: () => { state.language = other; draw(); document.getElementById("language").focus(); } }, say("language")), " ",
        make("button", { id: "theme", onclick: () => { state.theme = state.theme === "dark" ? "light" : "dark"; draw(); document.getElementById("theme").focus(); } },
          say(state.theme === "dark" ? "light" : "dark"))));
  }

  function draw() {
    document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = state.theme;
    document.title = state.language === "zh" ? "淘沙报告" : "Taosha report";
    root.replaceChildren(head(), funnel(), alarms(), stages(), measures(), documents(), sites(), clusters(), quarantine(),
      section("made", make("details", {}, make("summary", {}, say("made")), make("pre", { class: "text" }, JSON.stringify(model.made, null, 2)))));
    list();
  }

  async function unpack() {
    const bytes = Uint8Array.from(atob(document.getElementById("documents").textContent), (c) => c.charCodeAt(0));
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  }

  // A browser that cannot unpack them still shows the run.
  unpack().catch((error) => { console.warn(error); return []; }).then((documents) => {
    model.documents = documents;
    draw();
    document.body.dataset.ready = "yes";
  });
})();
