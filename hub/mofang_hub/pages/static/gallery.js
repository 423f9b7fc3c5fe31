(() => {
  'use strict';
  const gallery = document.querySelector('.mofang-gallery');
  if (!gallery) {
    return;
  }
  const remembered = 'mofang-project';
  const radios = [...gallery.querySelectorAll('input[name=mofang-project]')];

  function show(project) {
    for (const section of gallery.querySelectorAll('.mofang-section')) {
      section.hidden = section.dataset.project !== project;
    }
  }

  const last = localStorage.getItem(remembered);
  const chosen = radios.find(radio => radio.value === last) || radios[0];
  if (chosen) {
    chosen.checked = true;
    show(chosen.value);
  }
  for (const radio of radios) {
    radio.addEventListener('change', () => {
      localStorage.setItem(remembered, radio.value);
      show(radio.value);
    });
  }

  // On the gallery: cards are replaced when their environment becomes available.
  gallery.addEventListener('submit', event => {
    const form = event.target;
    const token = document.createElement('input');
    token.type = 'hidden';
    token.name = '_xsrf';
    token.value = window.jhdata.xsrf_token;
    form.append(token);
    const button =
      event.submitter || form.querySelector('button[type=submit]');
    button.textContent = 'Starting…';
    // Afterwards: what is disabled is not sent, and its value says in which mode.
    setTimeout(() => {
      for (const each of form.querySelectorAll('button[type=submit]')) {
        each.disabled = true;
      }
    });
  });

  /** Say above the gallery what did not work. */
  function complain(sentence) {
    let box = document.getElementById('mofang-complaint');
    if (!box) {
      box = document.createElement('p');
      box.id = 'mofang-complaint';
      box.className = 'alert alert-danger';
      box.setAttribute('role', 'alert');
      gallery.before(box);
    }
    box.textContent = sentence;
  }

  gallery.addEventListener('click', async event => {
    const button = event.target.closest('[data-stop]');
    if (!button) {
      return;
    }
    const label = [...button.childNodes];
    button.disabled = true;
    button.textContent = 'Stopping…';
    const user = encodeURIComponent(gallery.dataset.user);
    const problem = await window.mofangStop(
      `users/${user}/servers/${button.dataset.stop}`
    );
    if (problem) {
      complain(problem);
      button.replaceChildren(...label);
      button.disabled = false;
      return;
    }
    // Not a reload, which would send a refused form again.
    window.location.assign(window.location.href);
  });

  const REFRESH_MS = 5000;
  const status = gallery.querySelector('[role=status]');
  const unavailable = () => [
    ...gallery.querySelectorAll('form[data-unavailable]')
  ];

  /** Take cards and running servers from the page as the hub would show it now. */
  function update(page) {
    const running = gallery.querySelector('[data-running]');
    const runningNow = page.querySelector('[data-running]');
    if (running && runningNow && !running.isEqualNode(runningNow)) {
      running.replaceWith(document.importNode(runningNow, true));
    }
    const cards = new Map();
    for (const form of page.querySelectorAll('form.mofang-card')) {
      cards.set(form.getAttribute('action'), form);
    }
    for (const form of unavailable()) {
      const card = cards.get(form.getAttribute('action'));
      if (!card || card.isEqualNode(form)) {
        continue;
      }
      const replacement = document.importNode(card, true);
      form.replaceWith(replacement);
      if (!('unavailable' in replacement.dataset)) {
        const name = replacement.getAttribute('aria-label');
        status.textContent = `${name} is available.`;
      }
    }
  }

  /** Fetch the page; false when there is no gallery for this person any more. */
  async function refresh() {
    let answer;
    try {
      answer = await fetch(window.location.href);
    } catch (error) {
      console.warn('The gallery could not be refreshed:', error);
      return true;
    }
    if (!answer.ok) {
      // The hub restarts, or the log-in has ended.
      return answer.status >= 500;
    }
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, 'text/html');
    if (!page.querySelector('.mofang-gallery')) {
      return false;
    }
    update(page);
    return true;
  }

  async function followAvailability() {
    while (unavailable().length) {
      await new Promise(resolve => setTimeout(resolve, REFRESH_MS));
      if (!document.hidden && !(await refresh())) {
        return;
      }
    }
  }

  followAvailability();
  window._jupyterhub_page_loaded = true;
})();
