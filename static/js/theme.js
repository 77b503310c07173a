// Runs before the first paint: the reader's choice of light or dark, else the system's.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => localStorage.getItem("theme") || "auto";
  const apply = () => {
    const wanted = choice();
    root.dataset.bsTheme = wanted === "auto" ? (system.matches ? "dark" : "light") : wanted;
  };
  root.dataset.js = "";
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("theme:choose", (event) => {
    localStorage.setItem("theme", event.detail);
    apply();
  });
})();
