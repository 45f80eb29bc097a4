// The graph page: draws what the server has laid out, and lets mouse, keys and screen readers walk in it. Links are shown of what is chosen only.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const box = byId("graph");
  if (!box || !window.cytoscape) return;
  const page = box.dataset.page;
  const list = byId("list");
  const FEW_LINKS = 300;

  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
  const say = (text) => { byId("said").textContent = text; };
  const plain = (word) => word.toLowerCase().replaceAll("_", " ");
  const short = (name, most = 30) => (name.length > most ? "…" + name.slice(1 - most) : name);

  const place = (node) => {
    const query = new URLSearchParams();
    const key = node.id.slice(node.id.indexOf(":") + 1);
    query.set(node.kind === "task" || node.kind === "wave" ? node.kind : "atom", key);
    const wave = /^wave:(\d+)/.exec(view.opened);
    if (wave && node.kind === "task") query.set("wave", wave[1]); // its part of this wave
    return `${page}?${query}`;
  };

  const label = (node) => (node.atoms > 1 || node.kind === "task" || node.kind === "wave" ? `${short(node.name, 21)} · ${node.atoms}` : short(node.name));

  const elements = (view) => {
    const nodes = view.nodes.map((node) => ({
      group: "nodes",
      data: { id: node.id, label: label(node), size: Math.min(16 + Math.sqrt(node.atoms) * 2, 28) },
      position: { x: node.x, y: node.y },
      classes: [window.graphStyle.family(node.kind), node.status, node.critical ? "critical" : "", node.failed ? "failed" : ""].filter(Boolean).join(" "),
    }));
    const heads = view.columns.map((column) => ({
      group: "nodes",
      data: { id: `heading:${column.wave}`, label: `${column.last > column.wave ? `waves ${column.wave}–${column.last}` : `wave ${column.wave}`} · ${column.atoms}` },
      position: { x: column.x - 8, y: -44 },
      classes: "heading",
      selectable: false,
    }));
    return [...nodes, ...heads];
  };

  const line = (link, more) => ({
    group: "edges",
    data: { source: link.source, target: link.target },
    classes: [link.type, link.guessed ? "guessed" : "", link.cut ? "cut" : "", more].filter(Boolean).join(" "),
  });

  const view = JSON.parse(byId(box.dataset.view).textContent);
  const ids = view.nodes.map((node) => node.id);
  view.links = view.links.map(([source, target, type, count, guessed, cut]) => ({ source: ids[source], target: ids[target], type, count, guessed, cut }));
  const nodes = new Map(view.nodes.map((node) => [node.id, node]));
  const needs = new Map();
  const neededBy = new Map();
  const add = (map, key, link) => { if (map.has(key)) map.get(key).push(link); else map.set(key, [link]); };
  for (const link of view.links) {
    add(needs, link.source, link);
    add(neededBy, link.target, link);
  }

  const cy = window.cytoscape({
    container: box, elements: elements(view), style: window.graphStyle.sheet(), layout: { name: "preset" }, minZoom: 0.02, maxZoom: 3,
    autoungrabify: true, boxSelectionEnabled: false, textureOnViewport: view.nodes.length > 1500, pixelRatio: view.nodes.length > 1500 ? 1 : "auto",
  });
  const fit = (start) => {
    cy.fit(undefined, 24);
    if (start && cy.zoom() < 0.75) { // to read from the left rather than to see specks
      cy.zoom(0.75);
      cy.pan({ x: 24, y: 56 });
    }
    if (cy.zoom() > 1.25) { cy.zoom(1.25); cy.center(); }
  };
  const few = view.links.length <= FEW_LINKS;
  if (few) cy.add(view.links.map((link) => line(link, "always")));
  fit(true);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy.style(window.graphStyle.sheet()));

  let chosen = null;

  const links = (title, found, end) => {
    const part = document.createDocumentFragment();
    if (!found.length) return part;
    part.append(make("h3", `${title} ${found.length}`));
    const names = make("ul", "", { className: "names" });
    for (const link of found.slice(0, 200)) {
      const other = nodes.get(link[end]);
      const row = document.createElement("li");
      const told = `${other.name} (${link.cut ? "cut, " : ""}${link.guessed ? "guessed, " : ""}${link.count > 1 ? `${link.count} × ` : ""}${plain(link.type)})`;
      row.append(make("button", told, { type: "button", onclick: () => { choose(other.id); reveal(other.id); } }));
      names.append(row);
    }
    part.append(names);
    return part;
  };

  const facts = (node) => {
    const told = make("dl", "");
    const group = node.kind === "task" || node.kind === "wave";
    const rows = [["kind", plain(node.kind)], ["wave", node.wave], ["status", node.status && plain(node.status)], ["task", node.task], ["file", node.file]];
    if (group) rows.push(["atoms", `${node.atoms}, ${node.done} completed${node.failed ? `, ${node.failed} failed` : ""}`]);
    if (node.confidence !== null) rows.push(["confidence", node.confidence.toFixed(2)]);
    if (node.critical) rows.push(["on the way", "critical path"]);
    for (const [name, value] of rows) if (value !== "" && value !== undefined) told.append(make("dt", name), make("dd", String(value)));
    return told;
  };

  const describe = (node) => {
    const mine = needs.get(node.id) || [];
    const theirs = neededBy.get(node.id) || [];
    byId("chosen-title").textContent = node.name;
    const open = make("a", node.kind === "task" || node.kind === "wave" ? "Open it" : "Show what is around it", { href: place(node) });
    const way = make("p", "");
    way.append(open);
    byId("chosen").replaceChildren(facts(node), way, links("Needs", mine, "target"), links("Needed by", theirs, "source"));
    say(`${node.name}, ${plain(node.kind)}, wave ${node.wave}${node.status ? `, ${plain(node.status)}` : ""}; needs ${mine.length}, needed by ${theirs.length}`);
  };

  const choose = (id) => {
    cy.batch(() => {
      cy.edges(".chosen").remove();
      cy.elements(".chosen, .near, .dim").removeClass("chosen near dim");
      chosen = id;
      if (!id) return;
      const node = cy.getElementById(id);
      const mine = [...(needs.get(id) || []), ...(neededBy.get(id) || [])];
      let near = node;
      for (const link of mine) near = near.union(cy.getElementById(link.source === id ? link.target : link.source));
      cy.nodes().difference(near).not(".heading").addClass("dim");
      cy.edges(".always").addClass("dim");
      cy.add(mine.map((link) => line(link, "chosen")));
      near.addClass("near");
      node.addClass("chosen");
    });
    if (!id) {
      byId("chosen-title").textContent = "Nothing chosen";
      byId("chosen").replaceChildren(make("p", "Choose a node to see what it needs and what needs it.", { className: "soft" }));
      say("nothing chosen");
      return;
    }
    list.value = id;
    describe(nodes.get(id));
  };

  const reveal = (id) => {
    const node = cy.getElementById(id);
    const seen = cy.extent();
    const at = node.position();
    if (cy.zoom() < 0.5) cy.zoom({ level: 0.8, position: at });
    if (at.x < seen.x1 || at.x > seen.x2 - 100 || at.y < seen.y1 || at.y > seen.y2 || cy.zoom() === 0.8) cy.center(node);
  };

  const move = (dx, dy) => {
    const from = chosen ? nodes.get(chosen) : view.nodes[0];
    if (!from) return;
    if (!chosen) { choose(from.id); reveal(from.id); return; }
    let best = null;
    let least = Infinity;
    for (const node of view.nodes) {
      const across = (node.x - from.x) * dx + (node.y - from.y) * dy;
      if (across <= 0) continue;
      const aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
      const far = dy ? across + aside * 1000 : across * 4 + aside;
      if (far < least) { least = far; best = node; }
    }
    if (best && !(dy && best.x !== from.x)) { choose(best.id); reveal(best.id); }
  };

  const ways = {
    ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1), ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0),
    Enter: () => { if (chosen) location.assign(place(nodes.get(chosen))); },
    Escape: () => choose(null), 0: () => fit(false),
    "+": () => cy.zoom({ level: cy.zoom() * 1.3, renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } }),
    "-": () => cy.zoom({ level: cy.zoom() / 1.3, renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } }),
  };
  box.addEventListener("keydown", (event) => {
    const way = event.ctrlKey || event.metaKey || event.altKey ? undefined : ways[event.key];
    if (way) { event.preventDefault(); way(); }
  });
  cy.on("tap", "node", (event) => choose(event.target.id()));
  cy.on("tap", (event) => { if (event.target === cy) choose(null); });
  cy.on("dbltap", "node", (event) => location.assign(place(nodes.get(event.target.id()))));

  const fill = () => {
    const columns = new Map();
    for (const node of view.nodes) add(columns, node.wave, node);
    const groups = [...columns.entries()].sort((one, other) => one[0] - other[0]).map(([wave, members]) => {
      const group = Object.assign(document.createElement("optgroup"), { label: `wave ${wave}` });
      members.sort((one, other) => one.x - other.x || one.y - other.y);
      group.append(...members.map((node) => make("option", node.atoms > 1 ? `${node.name} (${node.atoms} atoms)` : node.name, { value: node.id })));
      return group;
    });
    list.replaceChildren(...groups);
    byId("count").textContent = `${view.nodes.length} of ${view.atoms} atoms`.replace(/^(\d+) of \1 atoms$/, "all $1 atoms");
    if (view.nodes.some((node) => node.kind === "task" || node.kind === "wave")) byId("count").textContent = `${view.nodes.length} nodes`;
  };
  list.addEventListener("change", () => { choose(list.value); reveal(list.value); });
  list.addEventListener("keydown", (event) => { if (event.key === "Enter" && list.value) location.assign(place(nodes.get(list.value))); });
  list.addEventListener("dblclick", () => { if (list.value) location.assign(place(nodes.get(list.value))); });

  byId("critical").addEventListener("change", (event) => {
    cy.batch(() => {
      cy.edges(".way").remove();
      if (!event.target.checked) return;
      const steps = new Set(view.critical.slice(1).map((name, number) => `${name} ${view.critical[number]}`));
      cy.add(view.links.filter((link) => steps.has(`${link.source} ${link.target}`)).map((link) => line(link, "way")));
    });
  });

  const find = byId("find");
  const found = byId("found");
  let asked = 0;
  const search = async () => {
    const words = find.value.trim();
    const mine = ++asked;
    if (!words) { found.hidden = true; return; }
    const reply = await fetch(`${box.dataset.search}?${new URLSearchParams({ q: words })}`);
    if (!reply.ok || mine !== asked) return;
    const { atoms } = await reply.json();
    byId("found-title").textContent = atoms.length === 50 ? "Found, the first 50" : `Found ${atoms.length}`;
    byId("found-names").replaceChildren(...atoms.map((atom) => {
      const row = document.createElement("li");
      const id = `atom:${atom.name}`;
      if (nodes.has(id)) row.append(make("button", atom.name, { type: "button", onclick: () => { choose(id); reveal(id); } }));
      else row.append(make("a", atom.name, { href: `${page}?${new URLSearchParams({ atom: atom.name })}` }));
      return row;
    }));
    found.hidden = false;
    say(`${atoms.length === 50 ? "the first 50" : atoms.length} atoms found`);
  };
  let timer = 0;
  find.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 120); });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); found.querySelector("button, a")?.click(); }
  });

  fill();
  byId("busy").hidden = true;
  box.dataset.ready = "yes";
  box.cy = cy;
  if (view.opened.startsWith("atom:")) choose(view.opened);
});
