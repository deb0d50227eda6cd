// Filters and sorts the table. The page is complete without it. No text becomes markup.
(() => {
  'use strict';
  const table = document.getElementById('rows');
  const form = document.getElementById('filters');
  const shown = document.getElementById('shown');
  if (!table || !form || !shown) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => ({
    row,
    keys: row.dataset,
    text: row.textContent.toLowerCase(),
    cells: Array.from(row.cells, (cell) => cell.dataset.sort || cell.textContent.trim().toLowerCase()),
  }));
  const fields = Array.from(form.elements).filter((field) => field.name);

  const filter = () => {
    const wanted = fields.filter((field) => field.value !== '');
    let count = 0;
    for (const { row, keys, text } of rows) {
      const fits = wanted.every((field) => field.name === 'text'
        ? text.includes(field.value.toLowerCase())
        : keys[field.name] === field.value);
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${rows.length} rows`;
  };

  const sort = (heading, column) => {
    const isUp = heading.getAttribute('aria-sort') !== 'ascending';
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
    const compare = new Intl.Collator('en', { numeric: true }).compare;
    const sorted = rows.slice().sort((a, b) => compare(a.cells[column], b.cells[column]) * (isUp ? 1 : -1));
    const moved = document.createDocumentFragment();
    for (const { row } of sorted) moved.append(row);
    body.append(moved);
  };

  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = heading.textContent;
    button.addEventListener('click', () => sort(heading, column));
    heading.replaceChildren(button);
  });
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
