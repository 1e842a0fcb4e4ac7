// Giving exams by drawing them onto a reader; the form of the line does the rest, as the keys do.
document.addEventListener('DOMContentLoaded', () => {
  const page = document.getElementById('share');
  let drawn = null;
  const reader = (event) => event.target.closest('[data-reader]');
  const say = (text) => { document.getElementById('share-refusal').textContent = text; };

  page.addEventListener('dragstart', (event) => {
    drawn = event.target.closest('tr[id]')?.id ?? null;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', drawn ?? '');
  });
  page.addEventListener('dragover', (event) => { if (drawn && reader(event)) event.preventDefault(); });
  page.addEventListener('drop', (event) => {
    const onto = reader(event);
    const row = drawn && document.getElementById(drawn);
    drawn = null;
    if (!onto || !row) return;
    event.preventDefault();
    const list = row.querySelector('select[name=person_id]');
    const may = list && [...list.options].some((one) => one.value === onto.dataset.reader);
    say(may ? '' : document.getElementById('share-refusal').dataset.text);
    if (!may) return;
    list.value = onto.dataset.reader;
    list.form.requestSubmit();
  });
});
