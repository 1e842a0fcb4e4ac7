// The worklist: new rows fade in, the title counts what is immediate, and a word finds rows.
// Patients' names are looked for here, in the page, so that none ever stands in an address.
document.addEventListener('DOMContentLoaded', () => {
  const list = document.getElementById('list');
  const find = document.getElementById('find');
  const text = document.getElementById('find-text');
  const title = document.title;
  const rows = () => [...list.querySelectorAll('tr[id]')];
  let known = new Set(rows().map((row) => row.id));

  const plain = (words) => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

  function look() {
    const wanted = plain(text.value.trim());
    rows().forEach((row) => { row.hidden = wanted !== '' && !plain(row.textContent).includes(wanted); });
  }

  function count() {
    const urgent = Number(document.getElementById('count')?.dataset.urgent ?? 0);
    document.title = urgent ? `(${urgent}) ${title}` : title;
  }

  function follow() {
    rows().forEach((row) => row.classList.toggle('fresh', !known.has(row.id)));
    known = new Set(rows().map((row) => row.id));
    look();
    count();
  }

  find.hidden = false;
  text.addEventListener('input', look);
  text.addEventListener('change', (event) => event.stopPropagation()); // not a filter of the server
  // A swap also takes away what this page put on a row, even when no row came or went.
  document.body.addEventListener(EVENTS.swapped, follow);
  count();
});
