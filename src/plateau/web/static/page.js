// What every page does: token on htmx calls, live status, keyboard grid, help, toasts.
// Every htmx event name stands here, so that another version of htmx is one file away.
const EVENTS = {
  configure: 'htmx:configRequest',
  asked: 'htmx:beforeRequest',
  answered: 'htmx:afterRequest',
  swapped: 'htmx:afterSwap',
  beforeSwap: 'htmx:beforeSwap',
  streamOpen: 'htmx:sseOpen',
  streamLost: ['htmx:sseError', 'htmx:sseClose'],
};
const STALE_AFTER_MS = 30000;
const POLL_EVERY_MS = 20000;
const TOAST_MS = 10000;
const REFETCH_GAP_MS = 1000;
const SINGLE_KEYS = 'plateau.single-keys'; // 'off' on a device where they are switched off

const $ = (id) => document.getElementById(id);

function sendToken() {
  document.body.addEventListener(EVENTS.configure, (event) => {
    event.detail.headers['X-CSRF-Token'] = document.querySelector('meta[name=csrf]').content;
  });
  // A refusal carries its own sentence: show it, whatever the target of the call was.
  document.body.addEventListener(EVENTS.beforeSwap, (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.getResponseHeader('X-Plateau-Message')) {
      event.detail.shouldSwap = false;
      toast(decodeURIComponent(xhr.getResponseHeader('X-Plateau-Message')), 'bad');
    }
  });
}

function toast(text, kind = 'info') {
  const note = document.createElement('p');
  note.className = `toast-note n-${kind}`;
  note.textContent = text;
  $('toasts').append(note);
  setTimeout(() => note.remove(), TOAST_MS);
}

function followLive() {
  const live = document.querySelector('[data-live]');
  const state = $('live-state');
  if (!live || !state) return;
  const dot = $('live-dot');
  let isOpen = false;
  let lostAt = null;
  let poll = null;
  let greying = null;
  const refetch = () => $('refetch')?.dispatchEvent(new CustomEvent('plateau:refetch'));
  gather(refetch);
  const hour = (date) => date.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  // What changed before the stream opened was not heard: look again, and only then be green.
  document.body.addEventListener(EVENTS.streamOpen, () => { isOpen = true; refetch(); });
  document.body.addEventListener(EVENTS.answered, (event) => {
    if (!isOpen || event.detail.elt.id !== 'refetch' || !event.detail.successful) return;
    lostAt = null;
    clearInterval(poll);
    clearTimeout(greying);
    poll = null;
    greying = null;
    dot.className = 'dot on';
    document.body.classList.remove('stale');
    say(state.dataset.liveText);
  });
  EVENTS.streamLost.forEach((name) => document.body.addEventListener(name, () => {
    isOpen = false;
    lostAt ??= new Date();
    dot.className = 'dot off';
    say(`${state.dataset.lostText} ${hour(lostAt)} — ${state.dataset.staleText}`);
    greying ??= setTimeout(() => document.body.classList.add('stale'), STALE_AFTER_MS);
    poll ??= setInterval(refetch, POLL_EVERY_MS);
  }));
}

// The first of several changes is fetched at once, those right after it together, none forgotten.
function gather(refetch) {
  let last = -Infinity;
  let later = null;
  document.body.addEventListener(EVENTS.asked, (event) => {
    if (event.detail.elt.id !== 'refetch') return;
    const left = last + REFETCH_GAP_MS - performance.now();
    if (left <= 0) { last = performance.now(); return; }
    event.preventDefault();
    later ??= setTimeout(() => { later = null; refetch(); }, left);
  });
}

// A list whose rows are `<tr id data-href>` inside `<tbody data-grid>`: one row is selected, and
// stays so by its id when the rows are replaced.
function driveGrid() {
  // Looked for each time: a list that was empty at first gets its rows later.
  const rows = () => document.querySelector('[data-grid]');
  const isOfGrid = (event) => event.target.closest('[data-grid]') !== null;
  let selectedId = null;
  const all = () => [...document.querySelectorAll('[data-grid] tr[id]:not([hidden])')];
  const selected = () => selectedId && document.getElementById(selectedId);
  const mark = (row, focus = true) => {
    if (!row) return;
    all().forEach((other) => {
      other.setAttribute('aria-selected', String(other === row));
      other.tabIndex = other === row ? 0 : -1;
    });
    selectedId = row.id;
    if (focus) row.focus({ preventScroll: true });
  };
  const step = (by) => {
    const list = all();
    const at = list.indexOf(selected());
    go(list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by))]);
  };
  const go = (row) => { mark(row); row?.scrollIntoView({ block: 'nearest' }); };
  const open = (row) => { if (row?.dataset.href) location.assign(row.dataset.href); };
  document.addEventListener('click', (event) => {
    if (isOfGrid(event) && !event.target.closest('a,button,input,select,summary')) mark(event.target.closest('tr[id]'));
  });
  document.addEventListener('dblclick', (event) => { if (isOfGrid(event)) open(event.target.closest('tr[id]')); });
  document.body.addEventListener(EVENTS.swapped, () => {
    const row = selected();
    if (row) mark(row, document.activeElement === document.body);
  });
  const moves = {
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    Home: () => go(all()[0]), End: () => go(all().at(-1)),
  };
  document.addEventListener('keydown', (event) => {
    if (event.altKey && !event.ctrlKey && /^[1-9]$/.test(event.key)) {
      document.querySelector(`[data-nav="${event.key}"]`)?.click();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest('dialog[open]')) return;
    if (event.target.matches('input,textarea,select,[contenteditable]')) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.key.length === 1 && localStorage.getItem(SINGLE_KEYS) === 'off') return;
    if (event.key === '?') { $('help')?.showModal(); event.preventDefault(); return; }
    if (event.key === '/') { document.querySelector('input[type=search]')?.focus(); event.preventDefault(); return; }
    if (rows() && moves[event.key]) { moves[event.key](); event.preventDefault(); return; }
    if (event.key === 'Enter' && isOfGrid(event)) {
      if (!event.target.closest('a,button')) open(selected());
      return;
    }
    act(event);
  });
  // `data-key` on a button or link of the page, or of the selected row, answers to that key.
  function act(event) {
    const key = CSS.escape(event.key.toLowerCase());
    const within = selected()?.querySelector(`[data-key="${key}"]`);
    const control = within ?? document.querySelector(`[data-key="${key}"]:not(tr [data-key])`);
    if (control) { control.click(); event.preventDefault(); }
  }
}

// A refresh never takes back what somebody is typing, nor closes what they opened.
function keepTyped() {
  const typed = new WeakSet(); // forms with something typed and not yet sent
  document.addEventListener('input', (event) => { if (event.target.form) typed.add(event.target.form); });
  ['submit', 'reset'].forEach((name) => document.addEventListener(name, (event) => typed.delete(event.target)));
  const { callbacks } = Idiomorph.defaults;
  callbacks.beforeNodeMorphed = (node) => !typed.has(node);
  callbacks.beforeAttributeUpdated = (name, node) => !(name === 'open' && node.matches('details'));
}

// Keys of one character can be switched off (WCAG 2.1.4), on this device.
function chooseKeys() {
  const box = $('single-keys');
  if (!box) return;
  $('keys').hidden = false;
  box.checked = localStorage.getItem(SINGLE_KEYS) !== 'off';
  box.addEventListener('change', () => localStorage.setItem(SINGLE_KEYS, box.checked ? 'on' : 'off'));
}

// A form sent twice by an impatient hand is sent once.
function sendOnce() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post' || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = '1';
    setTimeout(() => delete form.dataset.sent, 4000);
  });
  // `data-auto` on a filter form: a change sends it.
  document.querySelectorAll('form[data-auto]').forEach((form) => {
    form.addEventListener('change', () => form.requestSubmit());
  });
}

document.addEventListener('DOMContentLoaded', () => {
  sendToken();
  followLive();
  driveGrid();
  chooseKeys();
  sendOnce();
  keepTyped();
});
