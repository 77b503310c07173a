// Lineage popovers are <details>: one is open at a time, Escape and a click elsewhere close it. Dialogs open by data-open-dialog.
const open = () => document.querySelectorAll("details.lineage[open]");

document.addEventListener("click", (event) => {
  open().forEach((details) => { if (!details.contains(event.target)) details.open = false; });
  const opener = event.target.closest("[data-open-dialog]");
  if (!opener) return;
  opener.closest("[popover]")?.hidePopover();
  document.getElementById(opener.dataset.openDialog).showModal();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  open().forEach((details) => {
    details.open = false;
    details.querySelector("summary").focus();
  });
});
