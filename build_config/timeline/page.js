"use strict";
(() => {
  const ROW = 26;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const chart = byId("chart");
  const axis = byId("axis");
  const body = byId("body");
  const tip = byId("tip");
  const search = byId("search");
  const only = byId("only");
  const span = Math.max(data.seconds, 0.1);
  let rows = [];
  let by = "images";
  let scale = 1; // pixels a second
  let fitted = true;
  let drawn = new Map();

  const words = (seconds) => {
    if (seconds < 9.95) return `${Math.max(seconds, 0).toFixed(1)} s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} s`;
    const two = (number) => String(number).padStart(2, "0");
    if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
    return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
  };
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  };
  const place = (element, left, width) => {
    element.style.left = `${left}px`;
    element.style.width = `${Math.max(width, 0)}px`;
    return element;
  };
  const namesWidth = () => (window.matchMedia("(max-width: 60rem)").matches ? 9 : 15) * 16;
  const LOST = ["skipped", "cancelled", "not started"];
  const isBad = (step) => step.outcome === "failed" || LOST.includes(step.outcome);
  const hits = (step) => step.phases.filter((phase) => phase[3]).length;

  for (const [number, run] of data.runs.entries()) {
    for (const step of run.steps) {
      step.run = number;
      step.text = step.key.toLowerCase();
      step.from = run.begin + (step.begin ?? step.ready);
      step.to = run.begin + (step.end ?? step.ready);
      step.readyAt = run.begin + step.ready;
      step.planned = run.begin + run.planning;
    }
  }
  const kinds = new Set(data.runs.flatMap((run) => run.steps.map((step) => step.kind)));
  for (const item of document.querySelectorAll(".legend [data-kind]")) {
    item.hidden = !kinds.has(item.dataset.kind);
  }

  function arrange() {
    const asked = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    by = document.querySelector("input[name=rows]:checked").value;
    const fits = (step) =>
      asked.every((word) => step.text.includes(word)) &&
      (only.value === "" || (only.value === "critical" ? step.critical : isBad(step)));
    rows = [];
    let shown = 0;
    for (const run of data.runs) {
      const steps = run.steps.filter(fits).sort((a, b) => a.from - b.from);
      if (by === "workers") steps.splice(0, steps.length, ...steps.filter((step) => step.worker !== null));
      shown += steps.length;
      if (!steps.length) continue;
      if (data.runs.length > 1) rows.push({ title: run.title, steps: [], head: true });
      const groups = new Map();
      for (const step of steps) {
        const name = by === "workers" ? step.worker : ["pull", "gradle"].includes(step.kind) ? step.key : step.target;
        if (!groups.has(name)) groups.set(name, []);
        groups.get(name).push(step);
      }
      const found = [...groups].flatMap(([name, of]) => beside(of).map((lane, at) => ({ name, steps: lane, waits: by === "images", first: at === 0 })));
      if (by === "workers") found.sort((a, b) => a.name - b.name);
      rows.push(...found.map((row) => ({ ...row, title: by === "workers" ? `worker ${row.name + 1}` : row.name })));
    }
    byId("none").hidden = rows.length > 0;
    chart.hidden = rows.length === 0;
    byId("status").textContent = `${shown} steps in ${rows.length} rows`;
    layOut();
  }

  // Unit and acceptance tests of one image run at the same time: each gets a line.
  function beside(steps) {
    const lanes = [];
    for (const step of steps) {
      const lane = lanes.find((taken) => taken.at(-1).to <= step.from + 0.001);
      if (lane) lane.push(step);
      else lanes.push([step]);
    }
    return lanes;
  }

  function layOut() {
    body.style.height = `${rows.length * ROW + 8}px`; // first: a scrollbar takes of the width
    const room = chart.clientWidth - namesWidth() - 24;
    if (fitted) scale = Math.max(room, 100) / span;
    const width = namesWidth() + span * scale + 24;
    axis.style.width = body.style.width = `${width}px`;
    drawn.clear();
    body.replaceChildren(...lines());
    draw();
  }

  function lines() {
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
    const step = steps.find((seconds) => seconds * scale >= 80) ?? 28800;
    const ticks = [];
    const made = [];
    for (let at = 0; at <= span + step / 1000; at += step) {
      const left = namesWidth() + at * scale;
      const tick = make("span", "", step < 1 ? `${at.toFixed(1)} s` : at === 0 ? "0 s" : at < 60 ? `${at} s` : clock(at));
      tick.style.left = `${left}px`;
      ticks.push(tick);
      const line = make("div", "line");
      line.style.left = `${left}px`;
      made.push(line);
    }
    axis.replaceChildren(...ticks);
    if (data.runs.length === 1) made.push(place(make("div", "planning", "planning"), namesWidth(), data.runs[0].planning * scale));
    return made;
  }

  const clock = (at) => {
    const two = (number) => String(Math.round(number)).padStart(2, "0");
    const hours = Math.floor(at / 3600);
    const minutes = Math.floor((at % 3600) / 60);
    return hours ? `${hours}:${two(minutes)}:${two(at % 60)}` : `${minutes}:${two(at % 60)}`;
  };

  // Only the rows in sight are elements: a run of 600 images has tens of thousands of parts.
  function draw() {
    const first = Math.max(Math.floor(chart.scrollTop / ROW) - 10, 0);
    const last = Math.min(Math.ceil((chart.scrollTop + chart.clientHeight) / ROW) + 10, rows.length);
    for (const [number, element] of drawn) {
      if ((number < first || number >= last) && !element.contains(document.activeElement)) {
        element.remove();
        drawn.delete(number);
      }
    }
    for (let number = first; number < last; number += 1) {
      if (!drawn.has(number)) {
        const element = rowElement(rows[number], number);
        drawn.set(number, element);
        body.append(element);
      }
    }
  }

  function rowElement(row, number) {
    const element = make("div", row.head ? "row head" : "row");
    element.style.top = `${number * ROW + 4}px`;
    const name = make("div", "name", row.first === false ? "" : row.title);
    name.title = row.title;
    if (row.waits && row.steps.some((step) => step.critical)) name.classList.add("is-critical");
    if (row.waits && row.steps.some((step) => step.outcome === "failed")) name.classList.add("is-bad");
    element.append(name);
    let past = null;
    row.steps.forEach((step, index) => {
      if (row.waits) element.append(...waits(step, past));
      element.append(bar(step, number, index));
      past = step.to;
    });
    return element;
  }

  const x = (seconds) => namesWidth() + seconds * scale;

  function waits(step, past) {
    const since = Math.max(past ?? step.planned, step.planned);
    const free = Math.max(since, step.readyAt);
    const made = [];
    if (free > since) made.push(place(make("div", "wait bases"), x(since), (Math.min(free, step.from) - since) * scale));
    if (step.begin !== null && step.from > free) made.push(place(make("div", "wait"), x(free), (step.from - free) * scale));
    return made;
  }

  function bar(step, number, index) {
    const width = Math.max((step.to - step.from) * scale, step.begin === null ? 14 : 3);
    const names = ["step", step.kind];
    if (step.outcome === "failed") names.push("failed");
    if (LOST.includes(step.outcome)) names.push("lost");
    if (step.critical) names.push("critical");
    const element = place(make("button", names.join(" ")), x(step.from), width);
    element.type = "button";
    element.dataset.row = number;
    element.dataset.index = index;
    element.tabIndex = -1;
    element.setAttribute("aria-label", said(step).join(". "));
    const lanes = Math.min(Math.max(1, ...step.phases.map((phase) => phase[4] + 1)), 4);
    if (allCached(step)) element.classList.add("hit");
    else if (width > 12 && step.phases.length) element.append(...step.phases.map((phase) => part(phase, step, lanes)));
    else if (!element.classList.contains("lost")) element.classList.add("whole");
    if (element.querySelector("b")) return element;
    const failed = step.outcome === "failed" ? "✗ " : "";
    const label = by === "workers" ? `${failed}${step.target} ${step.kind}` : failed ? `✗ ${step.kind}` : `${step.kind} ${words(step.to - step.from)}`;
    const cached = hits(step);
    const full = cached ? `${label} · ${cached} cached` : label;
    if (width > full.length * 6 + 10) element.append(make("b", "", full));
    else if (width > label.length * 6 + 10) element.append(make("b", "", label));
    else if (step.outcome === "failed" && width > 12) element.append(make("b", "", "✗"));
    return element;
  }

  function allCached(step) {
    const built = step.phases.filter((phase) => /^\[[^\]]*\] (?!FROM)/.test(phase[0]));
    if (step.kind !== "build") return false;
    return step.outcome === "from the cache" || (built.length > 0 && built.every((phase) => phase[3]));
  }

  function part([name, begin, end, cached, lane], step, lanes) {
    const width = Math.max((end - begin) * scale, cached ? 3 : 1);
    const element = place(make("span", cached ? "part hit" : "part"), (begin - step.begin) * scale, width);
    element.style.top = `${((lane % lanes) * 20) / lanes}px`;
    element.style.height = `${20 / lanes}px`;
    const label = name.replace(/^\[[^\]]*\] /, "");
    const mark = step.outcome === "failed" ? "✗ " : "";
    if (by === "images" && lanes < 2 && width > 70) element.append(make("b", "", mark + label));
    return element;
  }

  function said(step) {
    const run = data.runs[step.run];
    const told = [`${step.target}: ${step.kind}, ${step.outcome}`];
    if (step.begin !== null) {
      told.push(`took ${words(step.end - step.begin)}, began at ${words(step.from)}`);
      const needed = step.ready - run.planning;
      const waited = step.begin - step.ready;
      if (needed >= 0.1) told.push(`waited ${words(needed)} for ${step.needs.join(", ") || "what it needs"}`);
      if (waited >= 0.1) told.push(`waited ${words(waited)} for a free worker`);
    }
    if (step.critical) told.push("on the critical path");
    return told;
  }

  function details(step) {
    const [title, ...facts] = said(step);
    const made = [make("h3", "", title)];
    if (step.message) made.push(make("p", step.outcome === "done" ? "" : "bad", step.message));
    if (step.place) made.push(make("p", "soft", `at ${step.place}`));
    if (step.hint) made.push(make("p", "soft", `hint: ${step.hint}`));
    if (step.reason) made.push(make("p", "soft", `why: ${step.reason}`));
    made.push(...facts.map((fact) => make("p", "soft", fact)));
    if (step.worker !== null) made.push(make("p", "soft", `worker ${step.worker + 1} of ${data.runs[step.run].jobs}`));
    if (step.size) made.push(make("p", "soft", `image ${step.size}`));
    const [passed, failed, skipped] = step.cases;
    if (passed + failed + skipped) made.push(make("p", failed ? "bad" : "soft", `${passed} passed, ${failed} failed, ${skipped} skipped`));
    if (step.phases.length) made.push(partsTable(step.phases));
    return made;
  }

  function partsTable(phases) {
    const table = make("table");
    const longest = new Set([...phases].sort((a, b) => b[2] - b[1] - (a[2] - a[1])).slice(0, 12));
    for (const phase of phases) {
      if (!longest.has(phase)) continue;
      const row = make("tr");
      row.append(make("td", "", phase[0].slice(0, 120)), make("td", "", phase[3] ? "cached" : words(phase[2] - phase[1])));
      table.append(row);
    }
    if (phases.length > longest.size) {
      const row = make("tr");
      row.append(make("td", "soft", `and ${phases.length - longest.size} shorter`), make("td"));
      table.append(row);
    }
    return table;
  }

  function tell(element, at) {
    const step = rows[element.dataset.row].steps[element.dataset.index];
    tip.replaceChildren(...details(step));
    tip.hidden = false;
    const box = element.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const left = at ?? Math.max(box.left, chart.getBoundingClientRect().left + namesWidth());
    tip.style.left = `${Math.max(Math.min(left + 12, window.innerWidth - own.width - 12), 12)}px`;
    const below = box.bottom + 8;
    tip.style.top = `${below + own.height > window.innerHeight ? Math.max(box.top - own.height - 8, 8) : below}px`;
  }
  const hush = () => { tip.hidden = true; };
  const stepOf = (event) => event.target.closest?.(".step");

  body.addEventListener("pointerover", (event) => { const found = stepOf(event); if (found) tell(found, event.clientX); else hush(); });
  chart.addEventListener("pointerleave", hush);
  body.addEventListener("focusin", (event) => { const found = stepOf(event); if (found?.matches(":focus-visible")) tell(found); });
  body.addEventListener("focusout", hush);

  function zoom(factor, at = chart.clientWidth / 2) {
    const moment = (chart.scrollLeft + at - namesWidth()) / scale;
    const fit = Math.max(chart.clientWidth - namesWidth() - 24, 100) / span;
    scale = Math.min(Math.max(scale * factor, fit), 2000);
    fitted = scale <= fit;
    const [row, index] = current();
    layOut();
    chart.scrollLeft = moment * scale + namesWidth() - at;
    if (row >= 0) go(row, index);
  }
  const fit = () => { fitted = true; layOut(); chart.scrollLeft = 0; };

  function current() {
    const found = document.activeElement?.closest?.(".step");
    return found ? [Number(found.dataset.row), Number(found.dataset.index)] : [-1, 0];
  }

  function go(row, index) {
    const top = row * ROW;
    const room = chart.clientHeight - 60;
    if (top < chart.scrollTop) chart.scrollTop = top;
    if (top > chart.scrollTop + room) chart.scrollTop = top - room;
    draw();
    const step = rows[row].steps[index];
    const left = x(step.from);
    if (left < chart.scrollLeft + namesWidth() || left > chart.scrollLeft + chart.clientWidth) {
      chart.scrollLeft = left - namesWidth() - 40;
    }
    drawn.get(row).querySelectorAll(".step")[index].focus({ preventScroll: true, focusVisible: true });
  }

  function sideways(by) {
    const [row, index] = current();
    const next = index + by;
    if (next >= 0 && next < rows[row].steps.length) go(row, next);
    else upDown(by, by > 0 ? 0 : Infinity);
  }

  function upDown(by, wanted) {
    const [row, index] = current();
    let next = row < 0 ? Math.ceil(chart.scrollTop / ROW) : row + by;
    while (rows[next]?.steps.length === 0) next += by;
    if (rows[next]) go(next, Math.min(wanted ?? index, rows[next].steps.length - 1));
  }

  const keys = { "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), 0: fit, Escape: hush };
  const moves = { ArrowRight: () => sideways(1), ArrowLeft: () => sideways(-1), ArrowDown: () => upDown(1), ArrowUp: () => upDown(-1) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); return; }
    if (/^(INPUT|SELECT)$/.test(document.activeElement?.tagName ?? "")) return;
    if (document.activeElement === chart && moves[event.key]) { event.preventDefault(); upDown(1, 0); return; }
    const act = (current()[0] >= 0 && moves[event.key]) || keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  chart.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, event.clientX - chart.getBoundingClientRect().left);
  }, { passive: false });
  let frame = 0;
  chart.addEventListener("scroll", () => {
    const focused = body.querySelector(".step:focus-visible");
    if (focused) tell(focused);
    else hush();
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  });
  window.addEventListener("resize", layOut);
  byId("in").addEventListener("click", () => zoom(1.6));
  byId("out").addEventListener("click", () => zoom(1 / 1.6));
  byId("fit").addEventListener("click", fit);
  document.querySelector("form.bar").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", arrange);
  document.querySelector("form.bar").addEventListener("change", arrange);
  arrange();
})();
