"use strict";
// Shows only the rows of a table that contain a text. Without scripts the whole table is there.
for (const box of document.querySelectorAll("[data-filters]")) {
  const rows = document.querySelectorAll(`#${box.dataset.filters} tbody tr`);
  box.hidden = false;
  box.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  box.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
