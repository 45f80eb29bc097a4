// Keys for the review page. One listener for the whole document, so that no key is lost while htmx swaps the page.
"use strict";

(() => {
  let busy = false;

  const reveal = () => document.querySelectorAll(".only-script[hidden]").forEach((element) => { element.hidden = false; });
  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:afterSettle", reveal);
  document.addEventListener("htmx:beforeRequest", () => { busy = true; });
  for (const name of ["htmx:afterSettle", "htmx:sendError", "htmx:swapError", "htmx:afterRequest"]) {
    document.addEventListener(name, () => { busy = false; });
  }
  if (document.readyState !== "loading") reveal();

  const writing = (element) => element.matches("input, textarea, select, [contenteditable]");

  const step = (by) => {
    const rows = [...document.querySelectorAll("a[data-row]")];
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
    return true;
  };

  const intend = (button) => {
    const field = document.getElementById(button.dataset.needs);
    if (field.value.trim()) return button.click();
    document.querySelectorAll(".intended").forEach((other) => other.classList.remove("intended"));
    button.classList.add("intended");
    field.focus();
    return undefined;
  };

  const open = (summary) => {
    summary.parentElement.open = true;
    const field = document.getElementById(summary.dataset.opens);
    field.focus();
    field.setSelectionRange(0, 0);
  };

  const help = () => {
    const dialog = document.getElementById("keys");
    if (dialog.open) dialog.close(); else dialog.showModal();
  };

  const act = (element) => {
    if (element.dataset.needs) intend(element);
    else if (element.dataset.opens) open(element);
    else if (writing(element)) { element.focus(); element.select(); }
    else element.click();
  };

  const send = (field) => {
    const form = field.closest("#decision");
    if (!form) return false;
    const chosen = field.id === "code" ? form.querySelector("[value=edited]") : form.querySelector(".intended") || form.querySelector("[value=rejected]");
    field.blur(); // or htmx would put the cursor into the next review's field, and keys would become text
    if (!busy) chosen.click();
    return true;
  };

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("button[data-key='?']")) help();
  });

  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (writing(target)) {
      if (event.key === "Escape") target.blur();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send(target)) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || busy) return;
    if (event.key === "?") { event.preventDefault(); help(); return; }
    if (document.querySelector("dialog[open]")) return;
    if ((event.key === "j" || event.key === "k") && step(event.key === "j" ? 1 : -1)) { event.preventDefault(); return; }
    const element = event.key.length === 1 ? document.querySelector(`[data-key="${CSS.escape(event.key)}"]`) : null;
    if (element) { event.preventDefault(); act(element); }
  });
})();
