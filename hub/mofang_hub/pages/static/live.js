// Keeps the gallery as the hub would show it now: parts that change are taken from the
// page itself, asked for again. Where nothing has changed, the answer has no body.
(() => {
  'use strict';
  const gallery = document.querySelector('.mofang-gallery');
  if (!gallery) {
    return;
  }
  const SOON_MS = 3000;
  const SELDOM_MS = 15000;
  const status = gallery.querySelector(':scope > [role=status]');
  let etag = '';
  let timer = 0;
  let isAsking = false;

  function sayAges(root) {
    for (const each of root.querySelectorAll('time[data-age]')) {
      const date = new Date(each.dateTime);
      const isToday = date.toDateString() === new Date().toDateString();
      each.title = each.dateTime;
      each.textContent = date.toLocaleString([], {
        ...(isToday ? {} : { month: 'short', day: 'numeric' }),
        hour: '2-digit',
        minute: '2-digit'
      });
    }
  }

  /** What has the focus, as an element of the new part would be found. */
  function focusIn(part) {
    const focused = part.contains(document.activeElement) && document.activeElement;
    return focused ? focused.textContent.trim() || focused.id : '';
  }

  function replace(part, now) {
    const focused = focusIn(part);
    const copy = document.importNode(now, true);
    sayAges(copy);
    for (const each of part.querySelectorAll('details[open][id]')) {
      copy.querySelector(`#${CSS.escape(each.id)}`)?.setAttribute('open', '');
    }
    part.replaceWith(copy);
    if (focused) {
      const again = [...copy.querySelectorAll('a, button, input, summary')].find(
        each => (each.textContent.trim() || each.id) === focused
      );
      (again || copy.querySelector('a, button') || copy).focus();
    }
  }

  const shown = new Map();
  function remember(root) {
    for (const each of root.querySelectorAll('[data-live]')) {
      shown.set(each.dataset.live, each.outerHTML);
    }
    for (const each of root.querySelectorAll('[data-card]')) {
      shown.set(`card ${each.dataset.card}`, each.outerHTML);
    }
  }

  /** Take cards whose state has changed whole, so that sizes being typed stay. */
  function update(page) {
    for (const card of gallery.querySelectorAll('[data-card]')) {
      const now = page.querySelector(`[data-card="${CSS.escape(card.dataset.card)}"]`);
      const isOther =
        now &&
        (now.dataset.state !== card.dataset.state ||
          ('unavailable' in card.dataset &&
            shown.get(`card ${card.dataset.card}`) !== now.outerHTML));
      if (isOther && !card.dataset.sent) {
        const wasUnavailable = 'unavailable' in card.dataset;
        replace(card, now);
        if (wasUnavailable && !('unavailable' in now.dataset)) {
          status.textContent = `${now.getAttribute('aria-label')} is available.`;
        }
      }
    }
    for (const part of gallery.querySelectorAll('[data-live]')) {
      const now = page.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
      if (part.isConnected && now && shown.get(part.dataset.live) !== now.outerHTML) {
        replace(part, now);
      }
    }
    remember(page);
  }

  /** Fetch the page; false when there is no gallery for this person any more. */
  async function refresh() {
    let answer;
    try {
      answer = await fetch(window.location.href, {
        cache: 'no-store',
        redirect: 'manual',
        headers: etag ? { 'If-None-Match': etag } : {}
      });
    } catch (error) {
      console.warn('The gallery could not be refreshed:', error);
      return true;
    }
    if (answer.status === 304) {
      return true;
    }
    if (answer.type === 'opaqueredirect') {
      // The log-in has ended, or the page's server was started elsewhere.
      status.textContent = 'This page is out of date. Reload it.';
      return false;
    }
    if (!answer.ok) {
      // The hub restarts, or the log-in has ended.
      return answer.status >= 500;
    }
    etag = answer.headers.get('ETag') || '';
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, 'text/html');
    if (!page.querySelector('.mofang-gallery')) {
      return false;
    }
    update(page);
    return true;
  }

  function isChanging() {
    return gallery.querySelector('[data-changing], form[data-unavailable]') !== null;
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(tick, isChanging() ? SOON_MS : SELDOM_MS);
  }

  async function tick() {
    if (isAsking) {
      return;
    }
    isAsking = true;
    const goesOn = document.hidden || (await refresh());
    isAsking = false;
    if (goesOn) {
      plan();
    }
  }

  window.mofangRefresh = tick;
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      tick();
    }
  });
  remember(gallery);
  sayAges(gallery);
  plan();
})();
