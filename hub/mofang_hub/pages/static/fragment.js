(() => {
  'use strict';
  // Part of the link that somebody followed, such as a heading in a notebook. Browsers
  // send it to no server, and hand it on along redirects only.
  const fragment = window.location.hash;
  if (!fragment) {
    return;
  }
  const isOurs = url =>
    url.origin === window.location.origin &&
    /\/(spawn|login|oauth_login)(\/|$)/.test(url.pathname) &&
    !url.hash;

  document.addEventListener(
    'submit',
    event => {
      const url = new URL(event.target.action, window.location.href);
      if (isOurs(url)) {
        url.hash = fragment;
        event.target.action = url.href;
      }
    },
    true
  );
  document.addEventListener(
    'click',
    event => {
      const link = event.target.closest('a[href]');
      // Of a menu's links none leads on to what was looked for.
      if (link && !link.closest('nav') && isOurs(new URL(link.href))) {
        link.href += fragment;
      }
    },
    true
  );
})();
