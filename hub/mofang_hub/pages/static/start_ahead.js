// Asks the hub for the server that a person likely wants: once after they have logged
// in, and when they rest on a card. The hub decides, and nothing of it is shown.
(() => {
  'use strict';
  const gallery = document.querySelector('.mofang-gallery');
  if (!gallery || gallery.dataset.user !== window.jhdata.user) {
    return;
  }
  const REST_MS = 1000;
  const LOGGED_IN = 'mofang-logged-in';
  const asked = new Set();
  let timer = 0;
  let resting = '';

  async function ask(body) {
    const user = encodeURIComponent(gallery.dataset.user);
    try {
      await fetch(`${window.jhdata.base_url}api/mofang/users/${user}/start-ahead`, {
        method: 'POST',
        headers: {
          'X-XSRFToken': window.jhdata.xsrf_token,
          'Content-Type': 'application/json'
        },
        body: JSON.stringify(body),
        priority: 'low'
      });
    } catch (error) {
      console.info('No server was started ahead:', error);
    }
  }

  function rest(name) {
    if (name === resting) {
      return;
    }
    clearTimeout(timer);
    resting = name;
    if (name && !asked.has(name)) {
      timer = setTimeout(() => {
        asked.add(name);
        ask({ card: name });
      }, REST_MS);
    }
  }

  function restOn(event) {
    const card = event.target.closest('[data-card]');
    const isStartable =
      card && card.dataset.state === 'stopped' && !('unavailable' in card.dataset);
    rest(isStartable ? card.dataset.card : '');
  }

  gallery.addEventListener('pointerover', restOn);
  gallery.addEventListener('focusin', restOn);
  gallery.addEventListener('pointerleave', () => rest(''));
  gallery.addEventListener('focusout', () => rest(''));
  // Whoever starts it says so themselves.
  gallery.addEventListener('submit', () => rest(''), true);

  // The token is another after each log-in.
  if (sessionStorage.getItem(LOGGED_IN) !== window.jhdata.xsrf_token) {
    sessionStorage.setItem(LOGGED_IN, window.jhdata.xsrf_token);
    ask({});
  }
})();
