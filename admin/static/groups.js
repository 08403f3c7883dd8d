// A group that is filled by hand has no rule to type; its code follows its name.
(function () {
  "use strict";

  function show() {
    var byRule = document.getElementById("group-by-rule");
    if (byRule) document.querySelector(".groups-by-rule").classList.toggle("hidden", !byRule.checked);
  }

  document.addEventListener("change", function (event) {
    if (event.target.name === "filled") show();
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id !== "group-code-live") return;
    var made = event.target.querySelector("[data-code]");
    document.getElementById("group-code").placeholder = made ? made.dataset.code : "";
  });
  show();
})();
