// Runs before JupyterLab: a script that the common address does not give is taken from
// this server, under the same path.
(() => {
  const element = document.getElementById('jupyter-config-data');
  const config = JSON.parse(element.textContent);
  const fallback = Object.entries(config.mofangStaticFallback || {});
  const own = address => {
    const found = fallback.find(([common]) => address.startsWith(common + '/'));
    return found && found[1] + address.slice(found[0].length);
  };
  const replaced = new WeakSet();

  window.addEventListener(
    'error',
    event => {
      const failed = event.target;
      if (!(failed instanceof HTMLScriptElement) || replaced.has(failed)) {
        return;
      }
      // As it was written: the common address may be a path.
      const address = own(failed.getAttribute('src') || '');
      if (!address) {
        return;
      }
      // Whoever waits for the script hears of its replacement.
      event.stopImmediatePropagation();
      replaced.add(failed);
      for (const option of ['fullStaticUrl', 'fullLabextensionsUrl']) {
        config[option] = own(config[option] + '/')?.replace(/\/$/, '') || config[option];
      }
      element.textContent = JSON.stringify(config);
      const script = document.createElement('script');
      script.async = failed.async;
      script.onload = () => failed.dispatchEvent(new Event('load'));
      script.onerror = () => failed.dispatchEvent(new Event('error'));
      script.src = address;
      document.head.append(script);
    },
    true
  );
})();
