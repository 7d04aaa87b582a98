(() => {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const read = () => {
    try {
      return localStorage.getItem('kbench-theme');
    } catch {
      return null;
    }
  };
  const set = (theme) => {
    root.dataset.theme = theme;
    document.dispatchEvent(new Event('kbench-theme'));
  };
  let chosen = read();
  set(chosen === 'dark' || chosen === 'light' ? chosen : dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => {
    if (chosen === null) set(dark.matches ? 'dark' : 'light');
  });
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || target.closest('#theme') === null) return;
    chosen = root.dataset.theme === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem('kbench-theme', chosen);
    } catch {
      /* a page without storage */
    }
    set(chosen);
  });
})();
