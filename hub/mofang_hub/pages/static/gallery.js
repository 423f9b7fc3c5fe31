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

  // On the gallery: cards are replaced when something of them changes.
  gallery.addEventListener('submit', event => {
    const form = event.target;
    if (form.method !== 'post') {
      return;
    }
    if (form.dataset.sent) {
      // A second click, before the first one's answer.
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'true';
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
      for (const each of [button, ...form.querySelectorAll('button[type=submit]')]) {
        each.disabled = true;
      }
    });
  });

  // Back from the next page: browsers show this one as it was left, with dead buttons.
  window.addEventListener('pageshow', event => {
    if (event.persisted) {
      window.location.reload();
    }
  });
  window._jupyterhub_page_loaded = true;
})();
