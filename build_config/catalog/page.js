"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const list = byId("connectors");
  const search = byId("search");
  const language = byId("language");
  const order = byId("order");
  const status = byId("status");
  const empty = byId("empty");
  const kinds = [...document.querySelectorAll("input[name=kind]")];
  const counts = [...document.querySelectorAll("[data-count]")];
  const nobody = list.children.length === 0;

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const byName = [...list.children].map((item, place) => ({
    item,
    place,
    text: fold(item.dataset.find),
    kind: item.dataset.kind,
    language: item.dataset.language,
    published: item.dataset.published,
  }));
  const newest = (a, b) => (a.published < b.published ? 1 : a.published > b.published ? -1 : a.place - b.place);
  let arranged = "";
  let counted = status.textContent;

  const asked = () => ({
    q: search.value.trim(),
    kind: kinds.find((radio) => radio.checked).value,
    language: language.value,
    sort: order.value,
  });

  function arrange(sort) {
    if (sort === arranged) return;
    arranged = sort;
    const rows = sort === "new" ? [...byName].sort(newest) : byName;
    list.append(...rows.map((row) => row.item));
  }

  function apply() {
    const want = asked();
    const words = fold(want.q).split(/\s+/).filter(Boolean);
    const perKind = { "": 0, source: 0, destination: 0 };
    let shown = 0;
    arrange(want.sort);
    for (const row of byName) {
      const fits = (!want.language || row.language === want.language) && words.every((word) => row.text.includes(word));
      if (fits) {
        perKind[""] += 1;
        perKind[row.kind] += 1;
      }
      const hidden = !(fits && (!want.kind || row.kind === want.kind));
      if (row.item.hidden !== hidden) row.item.hidden = hidden;
      if (!hidden) shown += 1;
    }
    for (const count of counts) count.textContent = perKind[count.dataset.count];
    empty.hidden = shown > 0;
    const all = byName.length;
    const noun = all === 1 ? "connector" : "connectors";
    counted = shown === all ? `${all} ${noun}` : `${shown} of ${all} ${noun}`;
    status.textContent = counted;
    mark(words);
  }

  // Found words are marked without touching the document, where the browser can.
  function mark(words) {
    if (!CSS.highlights) return;
    CSS.highlights.delete("found");
    if (!words.length) return;
    const ranges = [];
    for (const row of byName) {
      if (row.item.hidden) continue;
      const node = row.item.querySelector("h2").firstChild;
      if (!node) continue;
      const text = node.data.toLowerCase();
      for (const word of words) {
        const at = text.indexOf(word);
        if (at < 0 || text.length !== node.data.length) continue;
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        ranges.push(range);
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  // The address keeps the search, so that it can be sent to somebody.
  let saving = 0;
  function save() {
    clearTimeout(saving);
    saving = setTimeout(() => {
      const said = Object.entries(asked()).filter(([, value]) => value);
      const hash = said.length ? `#${new URLSearchParams(said)}` : location.pathname + location.search;
      try {
        history.replaceState(null, "", hash);
      } catch {
        // Some browsers count how often this is called.
      }
    }, 150);
  }

  function restore() {
    const hash = location.hash.slice(1);
    const named = byName.find((row) => row.item.id === hash);
    const said = new URLSearchParams(named ? "" : hash);
    search.value = said.get("q") || "";
    for (const radio of kinds) radio.checked = radio.value === (said.get("kind") || "");
    if (!kinds.some((radio) => radio.checked)) kinds[0].checked = true;
    for (const [select, name] of [[language, "language"], [order, "sort"]]) {
      select.value = said.get(name) || "";
      if (select.selectedIndex < 0) select.value = "";
    }
    apply();
    if (!named) return;
    named.item.querySelector("details").open = true;
    // Once more when it is drawn: before that, heights of rows that nobody has seen are guesses.
    const show = () => named.item.scrollIntoView({ behavior: "instant" });
    show();
    requestAnimationFrame(() => requestAnimationFrame(show));
  }

  function changed() {
    apply();
    save();
  }

  async function copy(text) {
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // Not allowed here: the old way may be.
      }
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.readOnly = true;
    area.className = "quiet";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  function icon(button, name, word) {
    button.querySelector("use").setAttribute("href", `#${name}`);
    button.querySelector("span").textContent = word;
  }

  async function copyOf(button) {
    const line = button.closest("tr");
    const item = button.closest("li");
    const said = (cell) => cell.textContent.trim();
    const repository = line && (line.dataset.repository || item.dataset.repository);
    const text = line
      ? `docker pull ${repository}:${said(line.cells[0])}@${said(line.cells[3])}`
      : item.querySelector(".pull code").textContent;
    const done = await copy(text);
    icon(button, done ? "done" : "copy", done ? "Copied" : "Not allowed");
    button.classList.toggle("copied", done);
    status.textContent = done ? `Copied: ${text.split("@")[0]}` : "This browser does not let the page copy";
    button.focus();
    setTimeout(() => {
      icon(button, "copy", "Copy");
      button.classList.remove("copied");
      status.textContent = counted;
    }, 1800);
  }

  function addCopies(details) {
    const [head, ...lines] = details.querySelectorAll("tr");
    if (head.cells.length > 4) return;
    const title = document.createElement("th");
    title.scope = "col";
    title.innerHTML = "<span class=quiet>Pull command</span>";
    head.append(title);
    const model = details.closest("li").querySelector(".copy");
    for (const line of lines) {
      const button = model.cloneNode(true);
      icon(button, "copy", "Copy");
      button.classList.remove("copied");
      button.setAttribute("aria-label", `Copy the pull command of version ${line.cells[0].textContent.trim()}`);
      line.insertCell().append(button);
    }
  }

  function step(from, way) {
    const stops = byName.length ? [...list.children].filter((item) => !item.hidden) : [];
    const here = from ? stops.indexOf(from) : -1;
    const next = stops[here + way];
    if (next) next.querySelector("summary").focus();
    else if (way < 0) search.focus();
  }

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const typing = event.target.matches("input[type=search], select, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && event.target === search && search.value) {
      event.preventDefault();
      search.value = "";
      changed();
    } else if (event.key === "ArrowDown" && event.target === search) {
      event.preventDefault();
      step(null, 1);
    } else if (event.key.startsWith("Arrow") && event.target.matches("summary")) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      step(event.target.closest("li"), event.key === "ArrowDown" ? 1 : -1);
    }
  }

  search.addEventListener("input", changed);
  for (const control of [language, order, ...kinds]) control.addEventListener("change", changed);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", onKey);
  window.addEventListener("hashchange", restore);
  list.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copyOf(button);
  });
  list.addEventListener("toggle", (event) => event.target.open && addCopies(event.target), true);
  const reset = byId("reset");
  if (reset) {
    reset.addEventListener("click", () => {
      search.value = language.value = "";
      kinds[0].checked = true;
      changed();
      search.focus();
    });
  }
  if (!nobody) restore();
})();
