// What a person does with their servers: each action is asked of the hub, which says in
// a sentence why it cannot be, such as when another tab was faster.
(() => {
  'use strict';
  const gallery = document.querySelector('.mofang-gallery');
  const dialog = document.getElementById('mofang-ask');
  if (!gallery || !dialog) {
    return;
  }
  const part = name => document.getElementById(`mofang-ask-${name}`);
  const LOST = 'Its kernels and terminals end, with what is only in their memory. Files are kept.';

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
    box.scrollIntoView({ block: 'nearest' });
  }

  /** Ask; resolves with true, or with the name where one was asked for, or false. */
  function ask({ title, text, button, name }) {
    part('title').textContent = title;
    part('text').textContent = text;
    part('yes').textContent = button;
    part('field').hidden = name === undefined;
    part('name').value = name || '';
    dialog.returnValue = 'no';
    dialog.showModal();
    if (name !== undefined) {
      part('name').select();
    }
    return new Promise(resolve => {
      dialog.addEventListener(
        'close',
        () => {
          const isYes = dialog.returnValue === 'yes';
          resolve(isYes && name !== undefined ? part('name').value.trim() : isYes);
        },
        { once: true }
      );
    });
  }

  /** Ask for sizes; resolves with those that are others, as quantities, or null. */
  function askForSizes(name, fields) {
    const box = document.getElementById('mofang-resize');
    const place = document.getElementById('mofang-resize-sizes');
    document.getElementById('mofang-resize-title').textContent = `Resize ${name}`;
    place.replaceChildren(document.importNode(fields.content, true));
    const amounts = () =>
      [...place.querySelectorAll('[data-size]')].flatMap(each => {
        const number = each.querySelector('input[type=number]');
        const sent = each.querySelector('input[type=hidden]');
        // The hidden field is empty where the default is chosen: it is sent all the same.
        return number ? [[sent.name, `${number.value}${each.dataset.suffix}`]] : [];
      });
    const before = Object.fromEntries(amounts());
    box.returnValue = 'no';
    box.showModal();
    return new Promise(resolve => {
      box.addEventListener(
        'close',
        () => {
          const changed = amounts().filter(([key, value]) => value !== before[key]);
          place.replaceChildren();
          resolve(box.returnValue === 'yes' && changed.length ? Object.fromEntries(changed) : null);
        },
        { once: true }
      );
    });
  }

  async function send(address, body, method = 'POST') {
    let answer;
    try {
      answer = await fetch(address, {
        method,
        headers: {
          'X-XSRFToken': window.jhdata.xsrf_token,
          'Content-Type': 'application/json'
        },
        body: JSON.stringify(body)
      });
    } catch (error) {
      console.warn('The hub does not answer:', error);
      return { problem: 'The hub does not answer, so nothing was changed. Try again in a minute.' };
    }
    if (answer.status === 204) {
      return {};
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      return told;
    }
    const isLoggedOut = answer.status === 401 || (answer.status === 403 && !told.message);
    const sentence = answer.status === 500 ? '' : told.message;
    return {
      problem: isLoggedOut
        ? 'Nothing was changed, because your session has ended. Reload the page and log in again.'
        : sentence || 'The hub could not do that. Try again in a minute.'
    };
  }

  /** Do something with a button's server; the button says so meanwhile. */
  async function act(button, words, action) {
    const label = [...button.childNodes];
    button.disabled = true;
    button.textContent = words;
    const problem = await action();
    if (problem) {
      complain(problem);
      button.replaceChildren(...label);
      button.disabled = false;
    }
    // Also after a problem: the page may be older than the server's state.
    window.mofangRefresh?.();
  }

  const ACTIONS = {
    async stop(button) {
      const name = button.dataset.stop;
      if (!(await ask({ title: `Stop ${name}?`, text: LOST, button: 'Stop' }))) {
        return;
      }
      const user = encodeURIComponent(gallery.dataset.user);
      await act(button, 'Stopping…', () =>
        window.mofangStop(`users/${user}/servers/${encodeURIComponent(name)}`)
      );
    },
    async leave(button) {
      const user = encodeURIComponent(gallery.dataset.user);
      await act(button, 'Leaving…', () =>
        window.mofangStop(`users/${user}/servers/${encodeURIComponent(button.dataset.leave)}`)
      );
    },
    async restart(button) {
      const { name, sizes, restart } = button.dataset;
      if (!(await ask({ title: `Restart ${name}?`, text: LOST, button: 'Restart' }))) {
        return;
      }
      await act(button, 'Restarting…', async () => {
        const told = await send(`${restart}/restart`, JSON.parse(sizes || '{}'));
        if (told.url) {
          window.location.assign(told.url);
        }
        return told.problem;
      });
    },
    async resize(button) {
      const { name, resize } = button.dataset;
      const sizes = await askForSizes(name, button.parentElement.querySelector('template'));
      if (sizes) {
        await act(button, 'Resizing…', async () => (await send(`${resize}/resize`, sizes)).problem);
      }
    },
    async rename(button) {
      const { name, title, rename } = button.dataset;
      const found = await ask({
        title: `Rename ${name}`,
        text: 'The name is shown to you alone. Without one, environment and project are shown.',
        button: 'Rename',
        name: title
      });
      if (found === false) {
        return;
      }
      await act(button, 'Renaming…', async () => (await send(`${rename}/rename`, { display_name: found })).problem);
    },
    async 'remove-debug'(button) {
      const { count, removeDebug } = button.dataset;
      const isSure = await ask({
        title: `Remove ${count} debug servers?`,
        text: 'Those that have ended and looked into training jobs are forgotten. Files and jobs are kept.',
        button: 'Remove'
      });
      if (isSure) {
        await act(button, 'Removing…', async () => (await send(removeDebug, {})).problem);
      }
    },
    async remove(button) {
      const { name, remove } = button.dataset;
      const isSure = await ask({
        title: `Remove ${name}?`,
        text: 'Its name and its chosen size are forgotten. Files are kept, and the environment can be started again.',
        button: 'Remove'
      });
      if (isSure) {
        await act(button, 'Removing…', async () => (await send(`${remove}/remove`, {})).problem);
      }
    },
    async useversion(button) {
      const { useversion, version } = button.dataset;
      const body = { current: Number(version) };
      await act(button, 'Changing…', async () => (await send(useversion, body, 'PATCH')).problem);
    },
    async dropversion(button) {
      const { dropversion, version, title } = button.dataset;
      const isSure = await ask({
        title: `Remove version ${version} of ${title}?`,
        text: 'Nobody can start it any more. Servers and jobs that run with it go on.',
        button: 'Remove'
      });
      if (isSure) {
        await act(button, 'Removing…', async () => (await send(`${dropversion}/versions/${version}`, {}, 'DELETE')).problem);
      }
    },
    async dropsaved(button) {
      const { dropsaved, title } = button.dataset;
      const isSure = await ask({
        title: `Remove ${title}?`,
        text: 'All its versions are removed, for everybody. Servers and jobs that run with it go on.',
        button: 'Remove'
      });
      if (isSure) {
        await act(button, 'Removing…', async () => {
          const { problem } = await send(dropsaved, {}, 'DELETE');
          if (!problem) {
            // Cards that go are not taken off a page by its refreshes.
            window.location.reload();
          }
          return problem;
        });
      }
    },
    async approve(button) {
      const { approve, title } = button.dataset;
      const isSure = await ask({
        title: `Offer ${title} to everyone?`,
        text: 'Whoever starts it runs the code of its packages in their own home.',
        button: 'Offer'
      });
      if (isSure) {
        await act(button, 'Changing…', async () => (await send(approve, { approved: true }, 'PATCH')).problem);
      }
    }
  };

  // No submit button: Enter in the field presses the first of those.
  part('no').addEventListener('click', () => dialog.close('no'));
  const resizing = document.getElementById('mofang-resize');
  document
    .getElementById('mofang-resize-no')
    .addEventListener('click', () => resizing.close('no'));

  gallery.addEventListener('click', event => {
    for (const [name, action] of Object.entries(ACTIONS)) {
      const button = event.target.closest(`button[data-${name}]`);
      if (button) {
        action(button);
        return;
      }
    }
  });
})();
