// Requests: a form half typed survives a lost session or page; an error summary takes the focus;
// the title counts what waits. What was typed stays in this tab only, and goes when it was sent,
// when its owner signs out, or with the tab.
const PREFIX = 'plateau.request.';

const read = (owner) => JSON.parse(sessionStorage.getItem(PREFIX + owner) ?? 'null');

function keepDraft(form) {
  const owner = form.dataset.draft;
  const notice = document.querySelector('[data-restored]');
  const fields = () => [...form.elements].filter((field) => field.name && field.name !== 'csrf' && field.type !== 'submit');
  const chooses = (field) => field.type === 'radio' || field.type === 'checkbox';
  const known = read(owner);
  if (form.dataset.fresh && known) {
    fields().forEach((field) => {
      const value = known[field.name];
      if (value === undefined) { if (chooses(field)) field.checked = false; return; }
      if (chooses(field)) field.checked = field.value === value;
      else field.value = value;
    });
    notice.hidden = false;
  }
  const save = () => sessionStorage.setItem(PREFIX + owner, JSON.stringify(Object.fromEntries([...new FormData(form)].filter(([name]) => name !== 'csrf'))));
  form.addEventListener('input', save);
  form.addEventListener('submit', save);
  document.querySelector('[data-forget]')?.addEventListener('click', () => {
    sessionStorage.removeItem(PREFIX + owner);
    location.assign('/requests/new');
  });
}

function forgetSent(page) {
  Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => {
    if (JSON.parse(sessionStorage.getItem(name)).key === page.dataset.sent) sessionStorage.removeItem(name);
  });
}

function countInTitle() {
  const plain = document.title.replace(/^\(\d+\) /, '');
  document.body.addEventListener('htmx:afterSwap', () => {
    const count = Number(document.querySelector('[data-count]')?.dataset.count ?? 0);
    document.title = count ? `(${count}) ${plain}` : plain;
  });
}

document.addEventListener('DOMContentLoaded', () => {
  const form = document.querySelector('form[data-draft]');
  if (form) keepDraft(form);
  const sent = document.querySelector('[data-sent]');
  if (sent?.dataset.sent) forgetSent(sent);
  const notice = document.querySelector('[data-draft-notice]');
  if (notice) notice.hidden = !read(notice.dataset.draftNotice);
  if (document.querySelector('[data-count]')) countInTitle();
  document.getElementById('problems')?.focus();
  document.querySelector('form[action="/logout"]')?.addEventListener('submit', () => {
    Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => sessionStorage.removeItem(name));
  });
});
