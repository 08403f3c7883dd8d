// The list of customers: what was added to the filter shows as a chip, so its choice is free again.
(function () {
  "use strict";

  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id !== "customers-found") return;
    document.querySelectorAll("#customers-search [data-adds]").forEach(function (choice) {
      choice.value = "";
    });
  });
})();
