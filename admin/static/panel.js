// What every page does. Listeners are delegated: the content security policy allows no inline ones.
(function () {
  "use strict";

  // htmx answers for a session: each request that changes something carries its token.
  document.addEventListener("htmx:configRequest", function (event) {
    var token = document.querySelector("meta[name=csrf-token]");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });

  // A choice that sends its form at once: data-submits.
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  document.addEventListener("click", function (event) {
    // A button that shows and hides what it controls: data-toggles="id".
    var toggle = event.target.closest("[data-toggles]");
    if (toggle) {
      var shown = document.getElementById(toggle.dataset.toggles).classList.toggle("is-open");
      toggle.setAttribute("aria-expanded", String(shown));
    }
    if (event.target.closest("[data-back]")) window.history.back();
    if (event.target.closest("[data-prints]")) window.print();
  });
})();
