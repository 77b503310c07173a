// The theme switch of the account menu; theme.js keeps and applies the choice.
const buttons = document.querySelectorAll("button[data-theme-choice]");

const show = () => {
  const choice = localStorage.getItem("theme") || "auto";
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice)));
};

buttons.forEach((button) => button.addEventListener("click", () => {
  document.dispatchEvent(new CustomEvent("theme:choose", { detail: button.dataset.themeChoice }));
  show();
}));
show();
