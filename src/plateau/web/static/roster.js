// The roster's table: drag with the pointer, or Enter lifts, arrows move, Enter drops, Escape
// cancels, Space opens the post, Del clears, Ctrl+Z undoes, Ctrl+C and Ctrl+V copy a day. The
// server decides and sends back the cells that changed, or 409 and the reason.
const REFUSED = 'htmx:beforeSwap';
const AFTER = 'htmx:afterSwap';

const table = () => document.querySelector('table.ro[data-roster]');
const cellOf = (target) => target.closest?.('td.slot');
let held = null; // {post, of, cell}: lifted by key
let copied = null; // {of, day}
let focused = null; // id of the cell that has the focus

function say(text) {
  const said = document.getElementById('roster-said');
  said.hidden = !text;
  said.textContent = text;
}

// What a key did, for who hears the page: `lifted`, `dropped`, `cancelled`, `copied`.
function tell(what, chip) {
  const told = document.getElementById('roster-told');
  told.textContent = chip ? `${chip.title || chip.textContent}: ${told.dataset[what]}` : told.dataset[what];
}

function send(action, values) {
  const ro = table();
  if (!ro) return;
  say('');
  htmx.ajax('POST', `/roster/${ro.dataset.roster}/${action}?${ro.dataset.query}`, { values, swap: 'none', source: ro });
}

const dayOf = (cell) => cell.dataset.at.split('.')[0];
const halfOf = (cell) => cell.dataset.at.split('.')[1];

function drop(post, of, cell, from) {
  if (!cell.dataset.person) return;
  const half = halfOf(cell) ?? from?.half ?? '';
  send('move', { post, of, to: cell.dataset.person, day: dayOf(cell), half });
}

function lift(post, of) {
  const chip = document.querySelector(`table.ro[data-roster] .ev[data-post="${post}"][data-of="${of}"]`);
  held = chip && { post, of, chip };
  chip?.classList.add('held');
}

function liftFrom(cell) {
  const chip = cell.querySelector('.ev[draggable]');
  if (!chip) return;
  lift(chip.dataset.post, chip.dataset.of);
  tell('lifted', chip);
}

function letGo() {
  held?.chip.classList.remove('held');
  held = null;
  document.querySelectorAll('.slot.over,.slot.no').forEach((one) => one.classList.remove('over', 'no'));
}

function focus(cell) {
  if (!cell) return;
  document.querySelectorAll('table.ro td.slot[tabindex="0"]').forEach((one) => { one.tabIndex = -1; });
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  focused = cell.id;
}

function step(cell, key) {
  const row = cell.parentElement;
  const at = [...row.children].indexOf(cell);
  if (key === 'ArrowRight') return cell.nextElementSibling;
  if (key === 'ArrowLeft') return cell.previousElementSibling?.matches('td') ? cell.previousElementSibling : null;
  if (key === 'Home') return row.querySelector('td.slot');
  if (key === 'End') return row.lastElementChild;
  const other = key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
  return other?.children[at];
}

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && table() && !event.target.matches('input,textarea')) {
    document.querySelector('form[data-undo]')?.requestSubmit();
    event.preventDefault();
    return;
  }
  const cell = cellOf(event.target);
  if (!cell || !event.target.closest('table.ro')) return;
  const live = cell.closest('table.ro[data-roster]');
  if (live && (event.ctrlKey || event.metaKey) && ['c', 'v'].includes(event.key.toLowerCase())) {
    if (!cell.dataset.person) return;
    if (event.key.toLowerCase() === 'c') {
      copied = { of: cell.dataset.person, day: dayOf(cell) };
      tell('copied');
    } else if (copied) send('copy', { of: copied.of, day: copied.day, to: cell.dataset.person, to_day: dayOf(cell) });
    event.preventDefault();
  } else if (['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'Home', 'End'].includes(event.key)) {
    focus(step(cell, event.key));
    if (held) { document.querySelectorAll('.slot.over').forEach((one) => one.classList.remove('over')); document.activeElement.classList.add('over'); }
    event.preventDefault();
  } else if (event.key === 'Enter') {
    if (!live || !cell.dataset.person) { cell.querySelector('a')?.click(); return; }
    if (held) { tell('dropped', held.chip); drop(held.post, held.of, cell, null); letGo(); } else liftFrom(cell);
    event.preventDefault();
  } else if (event.key === ' ') {
    cell.querySelector('a')?.click();
    event.preventDefault();
  } else if (event.key === 'Escape') {
    if (held) tell('cancelled', held.chip);
    letGo();
    say('');
  } else if (live && (event.key === 'Delete' || event.key === 'Backspace')) {
    const chip = cell.querySelector('.ev[data-of]:not([data-of=""])');
    if (chip) send('clear', { post: chip.dataset.post, of: chip.dataset.of });
    event.preventDefault();
  } else {
    return; // not of the table: the page may have a use for it
  }
  event.stopPropagation();
}

function driveDrag() {
  document.addEventListener('dragstart', (event) => {
    const chip = event.target.closest?.('.ev[draggable]');
    if (!chip) return;
    event.dataTransfer.setData('text/plain', JSON.stringify({ post: chip.dataset.post, of: chip.dataset.of }));
    event.dataTransfer.effectAllowed = 'move';
  });
  document.addEventListener('dragover', (event) => {
    const cell = cellOf(event.target);
    if (!cell?.closest('table.ro[data-roster]')) return;
    event.preventDefault();
    document.querySelectorAll('.slot.over,.slot.no').forEach((one) => one !== cell && one.classList.remove('over', 'no'));
    cell.classList.add(cell.classList.contains('away') ? 'no' : 'over');
  });
  document.addEventListener('dragend', letGo);
  document.addEventListener('drop', (event) => {
    const cell = cellOf(event.target);
    if (!cell?.closest('table.ro[data-roster]')) return;
    event.preventDefault();
    letGo();
    const { post, of } = JSON.parse(event.dataTransfer.getData('text/plain') || '{}');
    if (post) drop(post, of, cell, null);
  });
}

// Draft and published side by side show the same people and days.
function scrollTogether(event) {
  if (!event.target.matches?.('.beside .roster-wrap')) return;
  document.querySelectorAll('.beside .roster-wrap').forEach((one) => {
    if (one === event.target) return;
    one.scrollTop = event.target.scrollTop;
    one.scrollLeft = event.target.scrollLeft;
  });
}

document.addEventListener('DOMContentLoaded', () => {
  driveDrag();
  document.addEventListener('scroll', scrollTogether, { capture: true, passive: true });
  document.addEventListener('keydown', onKey, true);
  document.addEventListener('focusin', (event) => { const cell = cellOf(event.target); if (cell) focused = cell.id; });
  document.addEventListener('click', (event) => {
    const cell = cellOf(event.target);
    if (cell && !event.target.closest('a')) focus(cell);
  });
  const first = document.querySelector('table.ro td.slot');
  if (first) first.tabIndex = 0;
  document.body.addEventListener(REFUSED, (event) => {
    const text = event.detail.xhr.getResponseHeader('X-Plateau-Message');
    if (event.detail.xhr.status >= 400 && text) say(decodeURIComponent(text));
  });
  // A cell that was replaced keeps the focus, a post that was lifted stays so.
  const back = () => {
    if (held) lift(held.post, held.of);
    const cell = focused && document.getElementById(focused);
    if (cell && document.activeElement === document.body) focus(cell);
    else if (!document.querySelector('table.ro td.slot[tabindex="0"]')) document.querySelector('table.ro td.slot')?.setAttribute('tabindex', '0');
  };
  document.body.addEventListener(AFTER, back);
  document.body.addEventListener('htmx:oobAfterSwap', back);
});
