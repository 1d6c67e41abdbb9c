// Keeps a page live: on a "changed" event the page is fetched anew and only what differs is put in place, so nothing
// flickers and the focus stays. Without this script the page is complete and stands still.
(() => {
  const stamp = document.getElementById('as-of');
  if (!stamp || !window.EventSource || !window.htmx) return;
  const words = stamp.dataset;
  const state = document.getElementById('live-state');
  const pause = document.getElementById('pause');
  const LEAST_MS = 1000;
  let paused = false, lost = false, waiting = false, busy = false, last = 0, source = null;

  const say = text => { if (state.textContent !== text) state.textContent = text; };
  function settle() {
    stamp.classList.toggle('lost', lost && !paused);
    say(paused ? words.paused : lost ? words.lost : '');
  }

  async function fetchAnew() {
    if (paused || busy || document.hidden) { waiting = true; return; }
    const rest = last + LEAST_MS - Date.now();
    if (rest > 0) {
      if (!waiting) { waiting = true; setTimeout(() => { waiting = false; fetchAnew(); }, rest); }
      return;
    }
    waiting = false;
    busy = true;
    const slow = setTimeout(() => say(words.updating), 700);
    const focused = document.activeElement;
    try {
      const answer = await fetch(location.href, { credentials: 'same-origin', redirect: 'manual' });
      // An ended sign-in answers with another page: show it whole.
      if (answer.type === 'opaqueredirect' || answer.status === 401) { location.reload(); return; }
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        for (const id of ['live', 'as-of-time', 'nav-wrong']) {
          const now = document.getElementById(id), next = page.getElementById(id);
          if (now && next) await htmx.swap({ sourceElement: now, target: now, text: next.outerHTML, swap: 'outerMorph' });
        }
        // A row that is gone takes the focus along: the next stop is the page's content, not its top.
        if (focused && focused !== document.body && !focused.isConnected) document.getElementById('main').focus({ preventScroll: true });
        document.documentElement.dataset.swaps = Number(document.documentElement.dataset.swaps || 0) + 1;
      }
    } catch { lost = true; }
    clearTimeout(slow);
    last = Date.now();
    busy = false;
    settle();
    if (waiting) fetchAnew();
  }

  function listen() {
    source = new EventSource('/events');
    source.addEventListener('open', () => { if (lost) fetchAnew(); lost = false; settle(); });
    source.addEventListener('error', () => { lost = true; settle(); });
    source.addEventListener(words.live, fetchAnew);
  }
  document.addEventListener('visibilitychange', () => { if (!document.hidden && waiting) { waiting = false; fetchAnew(); } });
  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? words.resume : words.pause;
    settle();
    if (!paused) fetchAnew();
  });
  listen();
})();
