// A slider and a number for each size; what is sent is the hidden field beside them,
// a quantity, and nothing where the default is chosen.
(() => {
  'use strict';
  const gallery = document.querySelector('.mofang-gallery');
  if (!gallery) {
    return;
  }

  function parts(box) {
    const slider = box.querySelector('input[type=range]');
    return {
      slider,
      steps: slider ? slider.dataset.steps.split(' ').map(Number) : [],
      number: box.querySelector('input[type=number]'),
      sent: box.querySelector('input[type=hidden]')
    };
  }

  function choose(box, text) {
    const { slider, steps, sent } = parts(box);
    const value = Number(text);
    const isDefault = text === '' || text === box.dataset.default;
    sent.value = isDefault ? '' : `${text}${box.dataset.suffix}`;
    slider.setAttribute('aria-valuetext', `${text} ${box.dataset.unit}`);
    slider.value = Math.max(steps.filter(each => each <= value).length - 1, 0);
  }

  // Sizes of running servers are in a dialogue, which is beside the gallery.
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-suggested]');
    if (!button) {
      return;
    }
    const box = button.closest('[data-size]');
    parts(box).number.value = button.dataset.suggested;
    choose(box, button.dataset.suggested);
    parts(box).number.focus();
  });

  document.addEventListener('input', event => {
    const box = event.target.closest('[data-size]');
    if (!box) {
      return;
    }
    const { slider, steps, number } = parts(box);
    if (event.target === slider) {
      number.value = steps[slider.value];
      choose(box, String(steps[slider.value]));
    } else {
      choose(box, number.value);
    }
  });
})();
