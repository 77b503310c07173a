// After a swap that brings a new heading, readers continue there: focus moves to it.
document.addEventListener("htmx:afterSettle", (event) => {
  const heading = event.detail.elt.querySelector?.("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
});
