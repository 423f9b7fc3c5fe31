// Loads the scripts that JupyterLab begins with into the browser's cache while a person
// reads the gallery or waits for a server. They are kept for good: the next time nothing
// is asked for but the list.
(() => {
  'use strict';
  const AT_ONCE = 4;
  const address = document.currentScript.dataset.preload;

  async function load(scripts) {
    while (scripts.length) {
      // As a script element asks for it, so that the cache knows it again.
      const answer = await fetch(scripts.shift(), {
        mode: 'no-cors',
        priority: 'low'
      });
      await answer.arrayBuffer();
    }
  }

  async function preload() {
    if (navigator.connection?.saveData) {
      return;
    }
    try {
      const answer = await fetch(`${address}/preload.json`, { priority: 'low' });
      if (!answer.ok) {
        return;
      }
      const { scripts } = await answer.json();
      const waiting = scripts.map(path => `${address}/${path}`);
      await Promise.all(Array.from({ length: AT_ONCE }, () => load(waiting)));
    } catch (error) {
      // Then JupyterLab loads them itself.
      console.info('JupyterLab could not be loaded ahead:', error);
    }
  }

  const later = window.requestIdleCallback || (work => setTimeout(work, 200));
  window.addEventListener('load', () => later(preload, { timeout: 2000 }));
})();
