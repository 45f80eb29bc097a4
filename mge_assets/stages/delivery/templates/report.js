"use strict";
// Sorting, filtering and printing; the page says everything without it.
(() => {
  const value = (row, column) => row.cells[column].textContent.trim();
  const number = (text) => (text === "draft" ? 0 : parseFloat(text.replace(/[^\d.eE-]/g, "")));

  const sort = (table, column, head) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const numeric = head.classList.contains("n");
    const order = (a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      if (!numeric) return x.localeCompare(y) * (falling ? -1 : 1);
      const [m, n] = [number(x), number(y)];
      if (Number.isNaN(m) || Number.isNaN(n)) return Number.isNaN(m) - Number.isNaN(n);  // unknown values last, both ways
      return (m - n) * (falling ? -1 : 1);
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
    });
  }

  const form = document.querySelector("form.filter");
  if (form) {
    const rows = [...document.querySelectorAll("#atoms tbody tr")];
    const [input, select, output] = [form.querySelector("input"), form.querySelector("select"), form.querySelector("output")];
    const filter = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = (select.value && row.dataset.status !== select.value) || !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      output.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
})();
