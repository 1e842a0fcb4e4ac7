// The reading page: what is typed is saved every 5 s, the exam is held while the page is open, and
// the keys of the report work from inside the viewer too. What cannot be saved is kept in this tab.
const SAVE_EVERY_MS = 5000;
const BEAT_EVERY_MS = 30000;
const SECTIONS = ['indication', 'technique', 'result', 'conclusion'];

const at = (id) => document.getElementById(id);
const show = (id, shown = true) => { const note = at(id); if (note) note.hidden = !shown; };

// Calls the server; null when it cannot be reached.
async function call(path, { body = null, target = '', keepalive = false } = {}) {
  const token = document.querySelector('meta[name=csrf]').content;
  const headers = { 'HX-Request': 'true', 'HX-Target': target, 'X-CSRF-Token': token };
  try {
    return await fetch(path, { method: 'POST', body, headers, keepalive });
  } catch {
    return null;
  }
}

const message = (answer) => decodeURIComponent(answer.headers.get('X-Plateau-Message') ?? '');

const WRITTEN = ['technique', 'result', 'conclusion'];
const BLANK = /\[[^[\]\n]*[?|][^[\]\n]*\]/g;

// The measurements of the viewer as lines; none when it has none, or keeps them to itself.
function measurements() {
  try {
    return at('viewer').contentWindow.services.measurementService.getMeasurements().map(lineOf);
  } catch {
    return [];
  }
}

// "- label: 12.3 mm (S:3 I:12)", as the viewer shows it.
function lineOf({ label, displayText }) {
  const shown = Array.isArray(displayText) ? { primary: displayText } : (displayText ?? {});
  const values = [shown.primary ?? []].flat(2).filter(Boolean).join(', ');
  const place = [shown.secondary ?? []].flat(2).filter(Boolean).join(' ');
  return `- ${[label, values].filter(Boolean).join(' : ')}${place ? ` (${place})` : ''}`;
}

class Report {
  constructor(form) {
    this.form = form;
    this.key = `plateau:report:${form.dataset.person}:${form.dataset.exam}`;
    this.saved = JSON.stringify(this.texts());
    this.busy = Promise.resolve();
    this.stopped = false; // no longer ours, or no longer signed in
    this.paused = false; // another text was saved meanwhile: only a deliberate save goes on
    form.addEventListener('input', () => this.keep());
    form.addEventListener('submit', (event) => this.submit(event));
    addEventListener('pagehide', () => this.flush());
    setInterval(() => { if (!this.paused) this.save(); }, SAVE_EVERY_MS);
    this.restore();
  }

  texts() { return SECTIONS.map((name) => this.form.elements[name].value); }

  revision() { return Number(this.form.elements.revision.value); }

  isDirty() { return JSON.stringify(this.texts()) !== this.saved; }

  keep() {
    const kept = { texts: this.texts(), revision: this.revision() };
    sessionStorage.setItem(this.key, JSON.stringify(kept));
    const saved = at('saved');
    if (saved && this.isDirty()) saved.textContent = at('signing').dataset.typing;
  }

  forget() { sessionStorage.removeItem(this.key); }

  // Text of this tab that never reached the server comes back, unless something newer was saved.
  restore() {
    const kept = JSON.parse(sessionStorage.getItem(this.key) ?? 'null');
    if (!kept || JSON.stringify(kept.texts) === this.saved) { this.forget(); return; }
    const use = () => {
      SECTIONS.forEach((name, n) => { this.form.elements[name].value = kept.texts[n]; });
      show('kept', false);
      this.keep();
    };
    if (kept.revision === this.revision()) { use(); return; }
    show('kept');
    at('kept-use').addEventListener('click', use);
    at('kept-drop').addEventListener('click', () => { this.forget(); show('kept', false); });
  }

  body(withPassword) {
    const data = new FormData(this.form);
    if (!withPassword) { data.delete('password'); data.delete('despite_warnings'); }
    return new URLSearchParams(data);
  }

  // What was measured in the viewer and is not in the text yet, a line each, where the result ends.
  measure() {
    const box = this.form.elements.result;
    const lines = measurements().filter((line) => !box.value.includes(line));
    this.say(lines.length ? '' : at('measure').dataset.none);
    if (!lines.length) return;
    this.write(box, [box.value.trimEnd(), ...lines].filter(Boolean).join('\n'));
    box.focus();
  }

  write(box, text) {
    box.value = text;
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  say(text) {
    at('put').textContent = text;
  }

  // A template takes the place of what another one gave, and goes below what somebody wrote.
  use(option) {
    if (option.dataset.text !== undefined) { this.insert(option.dataset.text); return; }
    for (const name of WRITTEN) {
      const box = this.form.elements[name];
      const added = option.dataset[name];
      const untouched = box.value.trim() === (box.dataset.start ?? '').trim();
      const kept = untouched || box.value.includes(added) ? '' : box.value.trimEnd();
      if (added && (untouched || kept)) this.write(box, [kept, added].filter(Boolean).join('\n'));
      if (untouched) box.dataset.start = box.value;
    }
    this.last = null;
    if (!this.nextBlank()) this.form.elements.result.focus();
  }

  // A macro goes where the caret is, or was.
  insert(text, before = 0) {
    const box = this.last ?? this.form.elements.result;
    box.focus();
    box.setRangeText(text, box.selectionStart - before, box.selectionEnd, 'end');
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  // `.word` and Tab: the text of the macro; whether there is one.
  expand(box) {
    const [typed, short] = /\.([\p{L}\p{N}_-]+)$/u.exec(box.value.slice(0, box.selectionStart)) ?? [];
    const macro = typed && box.selectionStart === box.selectionEnd
      && document.querySelector(`#offer [data-short="${CSS.escape(short.toLowerCase())}"]`);
    if (macro) { this.last = box; this.insert(macro.dataset.text, typed.length); }
    return Boolean(macro);
  }

  // Selects the next thing to fill or to choose, after the caret, then from the start; whether there is one.
  nextBlank() {
    const boxes = WRITTEN.map((name) => this.form.elements[name]);
    const found = boxes.flatMap((box, n) => [...box.value.matchAll(BLANK)].map((match) => ({ box, n, match })));
    const here = boxes.indexOf(this.last);
    const caret = here < 0 ? 0 : boxes[here].selectionEnd;
    const next = found.find(({ n, match }) => n > here || (n === here && match.index >= caret)) ?? found[0];
    this.say(next ? '' : at('blank').dataset.none);
    if (!next) return false;
    next.box.focus();
    next.box.setSelectionRange(next.match.index, next.match.index + next.match[0].length);
    return true;
  }

  // One call at a time, so that each starts from the revision the one before it made.
  next(act) {
    this.busy = this.busy.then(act);
    return this.busy;
  }

  save(deliberate = false) {
    return this.next(() => this.send(deliberate));
  }

  async send(deliberate) {
    if (this.stopped || !(deliberate || this.isDirty())) return;
    const sent = JSON.stringify(this.texts());
    const answer = await call(`/read/${this.form.dataset.exam}/draft`, { body: this.body(false), target: 'state' });
    if (!(await this.received(answer))) return;
    this.saved = sent;
    this.paused = false;
    if (this.isDirty()) this.keep(); else this.forget();
  }

  flush() {
    if (!this.stopped && !this.paused && this.isDirty()) {
      call(`/read/${this.form.dataset.exam}/draft`, { body: this.body(false), target: 'state', keepalive: true });
    }
  }

  // Saved first: a refusal then stays in view, because nothing is left to save after it.
  sign(address = this.form.action) {
    // Remarks were looked at only if they were those of this very text.
    const despite = this.form.elements.despite_warnings?.checked && !this.isDirty();
    this.next(async () => {
      await this.send(false);
      if (this.stopped || this.paused || this.isDirty()) return;
      const body = this.body(true);
      if (despite) body.set('despite_warnings', 'true');
      const answer = await call(address, { body, target: 'state' });
      const path = answer?.headers.get('HX-Redirect');
      if (answer?.status === 204 && path) {
        this.stopped = true;
        this.forget();
        location.assign(path);
      } else if (!(await this.received(answer))) {
        this.askAgain();
      }
    });
  }

  askAgain() {
    const box = this.form.elements.despite_warnings;
    if (box) box.focus();
    else { at('password').select(); at('password').focus(); }
  }

  submit(event) {
    event.preventDefault();
    if (event.submitter?.id === 'save') this.save(true);
    else if (event.submitter?.id === 'give') this.sign(event.submitter.formAction);
    else if (at('password').value === '') at('password').focus();
    else this.sign();
  }

  // Shows what the server says; whether it did what was asked.
  async received(answer) {
    show('offline', answer === null || answer.status >= 500);
    if (answer === null || answer.status >= 500) { this.keep(); return false; }
    if (answer.status === 401) { this.stop('expired'); return false; }
    if (answer.status === 200 || answer.status === 409 || answer.status === 422) {
      at('state').innerHTML = await answer.text();
    }
    if (answer.status === 409) {
      if (this.form.elements.revision.dataset.mine === 'no') this.lose(at('refusal')?.textContent ?? '');
      else this.paused = true;
    }
    if (answer.status === 403) this.lose(message(answer));
    return answer.status === 200;
  }

  stop(note) {
    this.keep();
    this.stopped = true;
    show(note);
    at(note).scrollIntoView({ block: 'nearest' });
  }

  lose(sentence) {
    at('lost-text').textContent = sentence;
    this.stop('lost');
  }
}

function keepTime(report) {
  const clock = at('clock');
  if (!report) {
    setInterval(async () => {
      const answer = await fetch(clock.dataset.url, { headers: { 'HX-Request': 'true' } }).catch(() => null);
      if (answer?.ok) clock.innerHTML = await answer.text();
    }, BEAT_EVERY_MS);
    return;
  }
  setInterval(async () => {
    if (report.stopped) return;
    const answer = await call(clock.dataset.url, { target: 'clock' });
    if (answer?.ok) clock.innerHTML = await answer.text();
    else if (answer?.status === 401) report.stop('expired');
    else if (answer?.status === 409) report.lose(message(answer));
  }, BEAT_EVERY_MS);
}

// What a key opens is ready to be typed in.
function unfold(part) {
  part.open = true;
  part.querySelector('input:not([type=hidden]), textarea, select')?.focus();
}

function listen(report) {
  const onKey = (event) => {
    if (event.isComposing) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const letter = event.code.replace('Key', '');
      const section = report?.form.querySelector(`[data-section="${CSS.escape(letter)}"]`);
      if (section) { window.focus(); section.focus(); event.preventDefault(); event.stopPropagation(); }
      const key = CSS.escape(letter);
      const act = document.querySelector(`[data-alt="${key}"], summary[accesskey="${key}" i]`);
      if (act) {
        window.focus();
        act.focus();
        if (act.tagName === 'BUTTON') act.click();
        if (act.tagName === 'SUMMARY') unfold(act.parentElement);
        event.preventDefault();
        event.stopPropagation();
      }
      if (letter === 'P') { at('priors').open = !at('priors').open; event.preventDefault(); }
      return;
    }
    if (!report || !(event.ctrlKey || event.metaKey)) return;
    if (event.key === 's') { report.save(true); event.preventDefault(); event.stopPropagation(); }
    if (event.key === 'Enter') {
      window.focus();
      report.form.requestSubmit(at('sign'));
      event.preventDefault();
      event.stopPropagation();
    }
  };
  document.addEventListener('keydown', onKey, true);
  const viewer = at('viewer');
  const inside = () => {
    try {
      viewer.contentWindow.addEventListener('keydown', onKey, true);
    } catch {
      // A viewer of another origin keeps its keys to itself.
    }
  };
  viewer.addEventListener('load', inside);
  inside();
}

// Templates, macros, blanks and measurements: what writes into the text for the reader.
function offer(report) {
  const list = at('offer');
  const use = () => {
    if (list.selectedOptions[0]?.value) report.use(list.selectedOptions[0]);
    list.selectedIndex = 0;
  };
  at('offer-use').addEventListener('click', use);
  list.addEventListener('keydown', (event) => { if (event.key === 'Enter') { use(); event.preventDefault(); } });
  report.form.addEventListener('focusin', ({ target }) => { if (target.matches('textarea')) report.last = target; });
  report.form.addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && !event.shiftKey && event.target.matches('textarea') && report.expand(event.target)) event.preventDefault();
  });
  at('blank').addEventListener('click', () => report.nextBlank());
  at('measure').addEventListener('click', () => report.measure());
}

document.addEventListener('DOMContentLoaded', () => {
  const form = at('report');
  const report = form ? new Report(form) : null;
  keepTime(report);
  listen(report);
  if (report && at('offer')) offer(report);
});
