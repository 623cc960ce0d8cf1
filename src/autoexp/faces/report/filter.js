(() => {
  "use strict";
  const group = document.querySelector(".filter");
  if (!group) return;
  group.hidden = false;
  const buttons = [...group.querySelectorAll("button")];
  const bodies = [...document.querySelectorAll("#experiments tbody")];
  const show = (word) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.show === word));
    for (const body of bodies) body.hidden = word !== "" && body.dataset.status !== word;
  };
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) show(button.dataset.show);
  });
  window.addEventListener("hashchange", () => show(""));
})();
