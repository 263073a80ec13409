/* Sets the theme before the first paint, when the reader follows the device: runs in the head, on purpose not deferred. */
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (!root.dataset.chosenTheme) root.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  dark.addEventListener("change", follow);
  root.addEventListener("siyu:theme", follow);
  follow();
})();
