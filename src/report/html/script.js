"use strict";
// Written without "less than" and "ampersand", because the page is also well-formed XML.
(() => {
  // Unfold everything for printing.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
  });
  const table = document.querySelector("table.keys");
  if (table === null) { return; }
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).map((row) => ({
    row,
    cells: Array.from(row.cells).map((cell) => cell.textContent.trim()),
    text: row.textContent.toLowerCase(),
  }));
  const words = document.getElementById("filter-words");
  const selects = [document.getElementById("filter-verdict"), document.getElementById("filter-rule")];
  const shown = document.getElementById("filter-shown");
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/);
    let count = 0;
    rows.forEach(({ row, cells, text }) => {
      const isWanted = wanted.every((word) => text.includes(word));
      const isChosen = selects.every((select, at) => select.value === "" || select.value === cells[at]);
      row.hidden = [isWanted, isChosen].includes(false);
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = `${count} of ${rows.length} rows`;
  };
  [words, ...selects].forEach((control) => { control.addEventListener("input", apply); });
  const collator = new Intl.Collator("en", { numeric: true });
  const headers = Array.from(table.tHead.rows[0].cells);
  headers.forEach((header, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const isDescending = header.getAttribute("aria-sort") === "ascending";
      headers.forEach((other) => { other.removeAttribute("aria-sort"); });
      header.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      const sign = isDescending ? -1 : 1;
      rows.sort((a, b) => sign * collator.compare(a.cells[at], b.cells[at]));
      body.append(...rows.map(({ row }) => row));
    });
  });
  apply();
  document.getElementById("filter").hidden = false;
})();
