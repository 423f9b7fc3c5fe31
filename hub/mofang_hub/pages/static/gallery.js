(() => {
  'use strict';
  const gallery = document.querySelector('.mofang-gallery');
  if (!gallery) {
    return;
  }
  const remembered = 'mofang-project';
  const radios = [...gallery.querySelectorAll('input[name=mofang-project]')];

  function show(project) {
    for (const shelf of gallery.querySelectorAll('.mofang-shelf')) {
      shelf.hidden = shelf.dataset.project !== project;
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

  for (const form of gallery.querySelectorAll('form')) {
    form.addEventListener('submit', () => {
      const token = document.createElement('input');
      token.type = 'hidden';
      token.name = '_xsrf';
      token.value = window.jhdata.xsrf_token;
      form.append(token);
      const button = form.querySelector('button[type=submit]');
      button.disabled = true;
      button.textContent = 'Starting…';
    });
  }

  for (const button of gallery.querySelectorAll('[data-stop]')) {
    button.addEventListener('click', async () => {
      button.disabled = true;
      button.textContent = 'Stopping…';
      const base = window.jhdata.base_url;
      const path = `${base}api/users/${encodeURIComponent(gallery.dataset.user)}`;
      await fetch(`${path}/servers/${button.dataset.stop}`, {
        method: 'DELETE',
        headers: {'X-XSRFToken': window.jhdata.xsrf_token}
      });
      window.location.reload();
    });
  }
  window._jupyterhub_page_loaded = true;
})();
