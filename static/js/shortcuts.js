// Single keys: an element with data-shortcut="m" is clicked, or focused if it is a field. Off while typing; can be switched off.
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const enabled = () => localStorage.getItem("shortcuts") !== "off";

const targetOf = (key) => [...document.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]`)].find((element) => !element.disabled);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !enabled()) return;
  if (event.target.closest(FIELDS) || document.querySelector("dialog[open]")) return;
  const target = targetOf(event.key);
  if (!target) return;
  event.preventDefault();
  if (target.matches(FIELDS)) target.select ? target.select() : target.focus();
  else target.click();
});

const box = document.getElementById("shortcuts-on");
if (box) {
  box.checked = enabled();
  box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));
}
