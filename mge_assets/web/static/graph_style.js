// How the graph's nodes and links look: a shape and a colour a kind, told apart by all common kinds of colour vision (Okabe and Ito).
"use strict";

window.graphStyle = (() => {
  const FAMILIES = {
    function: ["function"], method: ["method"], class: ["class_header"], type: ["type", "interface", "enum"], import: ["import"],
    value: ["constant", "data_literal"], statements: ["statement_group", "entry_point"], text: ["docstring", "trivia"], group: ["task", "wave"],
  };
  const LOOKS = {
    function: ["ellipse", "#0072b2"], method: ["round-rectangle", "#56b4e9"], class: ["hexagon", "#cc79a7"], type: ["diamond", "#009e73"],
    import: ["triangle", "#e69f00"], value: ["rectangle", "#d55e00"], statements: ["octagon", "#8c8c00"], text: ["rhomboid", "#8a939c"],
    group: ["cut-rectangle", "#5b6b7b"],
  };
  const LINES = { FUNCTION_CALL: "solid", DATA_FLOW: "solid", IMPORT: "dashed", VARIABLE: "dashed", TEMPORAL: "dashed", TYPE: "dotted" };
  const families = {};
  for (const [family, kinds] of Object.entries(FAMILIES)) for (const kind of kinds) families[kind] = family;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const sheet = () => [
    { selector: "node", style: {
      width: 16, height: 16, label: "data(label)", "font-size": 12, "font-family": "system-ui, sans-serif", color: colour("--ink"), "text-halign": "right",
      "text-valign": "center", "text-margin-x": 4, "min-zoomed-font-size": 7, "border-width": 1, "border-color": colour("--soft"),
      "text-background-color": colour("--ground"), "text-background-opacity": 0.85, "text-wrap": "ellipsis", "text-max-width": 205,
    } },
    ...Object.entries(LOOKS).map(([family, [shape, fill]]) => ({ selector: `node.${family}`, style: { shape, "background-color": fill } })),
    { selector: "node.group", style: { width: "data(size)", height: "data(size)", "font-weight": 600 } },
    { selector: "node.critical", style: { "border-style": "double", "border-width": 5, "border-color": colour("--ink") } },
    { selector: "node.failed, node.blocked", style: { "border-width": 4, "border-color": colour("--bad-fill") } },
    { selector: "node.heading", style: {
      width: 1, height: 1, "background-opacity": 0, "border-width": 0, color: colour("--soft"), "font-weight": 600, "font-size": 14, "min-zoomed-font-size": 5, "text-max-width": 300, events: "no",
    } },
    { selector: "edge", style: {
      width: 1.5, "line-color": colour("--soft"), "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": colour("--soft"),
      "arrow-scale": 0.8, opacity: 0.75,
    } },
    ...Object.entries(LINES).map(([kind, line]) => ({ selector: `edge.${kind}`, style: { "line-style": line } })),
    { selector: "edge.always", style: { opacity: 0.3 } },
    { selector: "edge.guessed", style: { opacity: 0.4 } },
    { selector: "edge.cut", style: { width: 3.5, "line-color": colour("--bad-fill"), "target-arrow-color": colour("--bad-fill") } },
    { selector: "edge.way", style: { width: 4, "line-color": colour("--ink"), "target-arrow-color": colour("--ink"), opacity: 1 } },
    { selector: "node.dim", style: { opacity: 0.3 } },
    { selector: "edge.dim", style: { opacity: 0.08 } },
    { selector: "edge.chosen", style: { width: 2 } },
    { selector: "node.chosen", style: {
      "border-width": 4, "border-color": colour("--link"), "border-style": "solid", width: 24, height: 24, "min-zoomed-font-size": 0, "z-index": 9,
      "text-background-opacity": 1,
    } },
    { selector: "node.near", style: { "z-index": 5 } },
  ];

  return { sheet, family: (kind) => families[kind] || "text" };
})();
