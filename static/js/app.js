// Enhancements only: every page works without this file, but for shortcuts.
const announce = (text, retry) => {
  const box = document.getElementById("messages");
  const alert = document.createElement("div");
  alert.className = "alert alert-danger";
  alert.textContent = text;
  if (retry) {
    const button = document.createElement("button");
    button.className = "btn btn-sm ms-2";
    button.textContent = "Try again";
    button.addEventListener("click", () => { alert.remove(); retry(); });
    alert.append(button);
  }
  box.replaceChildren(alert);
};

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-switch]");
  if (theme) {
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = next;
    localStorage.setItem("theme", next);
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard.writeText(copy.dataset.copy);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (localStorage.getItem("shortcuts") === "off") return;
  const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  if (status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  if ([403, 404, 409].includes(status)) announce("This is not possible: you may not do it, or it is gone.");
  if (status >= 500) announce("Something went wrong here. Nothing was changed.", () => location.reload());
});
document.addEventListener("htmx:sendError", () => announce("The site cannot be reached.", () => location.reload()));
