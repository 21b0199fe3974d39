// What the pages do beyond showing: keys, copying, clocks that go on, and a quiet word when something new is there.
// Everything else works without this file. Text goes into the page as text alone, never as markup.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Times

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

function ago(time, now) {
  const seconds = Math.floor((now - time) / 1000);
  if (seconds < -60) return day.format(time);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  if (days < 31) return days === 1 ? '1 day ago' : `${days} days ago`;
  return day.format(time);
}

setInterval(() => {
  for (const element of all('time[data-relative]')) {
    element.textContent = ago(Date.parse(element.dateTime), Date.now());
  }
}, 30_000);

// Copying

for (const box of all('[data-copy]')) {
  const button = one('button', box);
  if (navigator.clipboard === undefined) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(one('code', box).textContent);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Could not copy';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
}

// Keys

const dialog = one('[data-keys]');
const links = all('[data-alert] a.open');

function move(step) {
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
  const link = links[Math.min(Math.max(next, 0), links.length - 1)];
  if (link === undefined) return;
  link.focus({ preventScroll: true });
  link.closest('[data-alert]').scrollIntoView({ block: 'nearest' });
}

// Choosing

const bulk = one('[data-bulk]');
const boxes = all('[data-alert] input[name="chosen"]');

function count() {
  const chosen = boxes.filter((box) => box.checked).length;
  one('[data-bulk-count]').textContent = chosen === 0 ? '' : `· ${chosen} chosen`;
  if (chosen > 0) bulk.open = true;
}

if (bulk !== null) {
  for (const box of boxes) box.addEventListener('change', count);
  // A browser that goes back keeps what was ticked.
  addEventListener('pageshow', count);
}

function choose() {
  const box = one(
    'input[name="chosen"]',
    document.activeElement.closest('[data-alert]') ?? document.createElement('p'),
  );
  if (box === null) return;
  box.checked = !box.checked;
  count();
}

const actions = {
  x: choose,
  j: () => move(1),
  k: () => move(-1),
  r: () => one('[data-watch] a')?.click(),
  u: () => one('[data-back]')?.click(),
  c: () => one('.raw [data-copy] button')?.click(),
  '?': () => dialog.showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]')) return;
  if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
    return;
  }
  // Buttons are pressed, and what can be written into is gone to.
  const wanted = all('[data-key]').find((element) => element.dataset.key === event.key);
  if (wanted === undefined) return;
  event.preventDefault();
  if (wanted.matches('button, a')) wanted.click();
  else wanted.focus();
});

const opener = one('[data-open-keys]');
opener.hidden = false;
opener.addEventListener('click', () => dialog.showModal());

// News: says how many alerts are there that this page does not show, and changes nothing until somebody asks.

const news = one('[data-watch]');

function announce(count, most) {
  if (count === 0) return news.replaceChildren();
  const link = document.createElement('a');
  link.href = location.pathname + location.search;
  const number = count >= most ? `${most} or more` : String(count);
  link.textContent = `${number} new ${count === 1 ? 'alert' : 'alerts'}, show`;
  if (news.textContent !== link.textContent) news.replaceChildren(link);
}

if (news !== null) {
  const known = new Set(news.dataset.known.split(' '));
  const most = Number(news.dataset.most);
  const every = Number(news.dataset.every);
  const look = async () => {
    if (!document.hidden) {
      try {
        const response = await fetch(news.dataset.watch, { headers: { accept: 'application/json' } });
        const { alerts } = response.ok ? await response.json() : { alerts: [] };
        if (response.ok) announce(alerts.filter(({ id }) => !known.has(id)).length, most);
      } catch {
        // The server is away; the next look may find it again.
      }
    }
    setTimeout(look, every);
  };
  setTimeout(look, every);
}
