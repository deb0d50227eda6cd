// What the theme lacks for people without a mouse: landmarks, a button for the menu, and scrolling by keyboard.
(() => {
  document.getElementById('mdbook-menu-bar')?.setAttribute('role', 'banner');

  // A label takes no focus and has no state; a button does.
  const label = document.getElementById('mdbook-sidebar-toggle');
  const checkbox = document.getElementById('mdbook-sidebar-toggle-anchor');
  if (label && checkbox) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = label.className;
    button.title = label.title;
    button.append(...label.childNodes);
    for (const name of ['aria-label', 'aria-controls']) {
      button.setAttribute(name, label.getAttribute(name));
    }
    const update = () => button.setAttribute('aria-expanded', String(checkbox.checked));
    button.addEventListener('click', () => {
      checkbox.checked = !checkbox.checked;
      checkbox.dispatchEvent(new Event('change'));
      update();
    });
    checkbox.addEventListener('change', update);
    update();
    label.style.display = 'none';
    label.after(button);
  }

  const makeScrollable = () => {
    for (const element of document.querySelectorAll('pre code, .table-wrapper')) {
      if (element.scrollWidth > element.clientWidth) {
        element.tabIndex = 0;
      } else {
        element.removeAttribute('tabindex');
      }
    }
  };
  addEventListener('load', makeScrollable);
  addEventListener('resize', makeScrollable);
})();
