// Set before the first paint: the reader's choice, else the system's.
(() => {
  const wanted = localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.bsTheme = wanted;
})();
