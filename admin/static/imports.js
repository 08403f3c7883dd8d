// Sending a file: dropped onto the box as well as chosen, and not sent where it is too large.
(function () {
  "use strict";

  function fits(form) {
    var file = form.elements.file.files[0];
    var large = file && file.size > Number(form.dataset.largest);
    document.getElementById("file-fault").textContent = large ? form.dataset.tooLarge : "";
    return !large;
  }

  document.addEventListener("change", function (event) {
    var form = event.target.closest(".import-send");
    if (form) fits(form);
  });

  document.addEventListener("submit", function (event) {
    if (event.target.matches(".import-send") && !fits(event.target)) event.preventDefault();
  });

  ["dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var box = event.target.closest && event.target.closest(".import-drop");
      if (!box) return;
      event.preventDefault();
      box.classList.toggle("is-over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        box.querySelector("input[type=file]").files = event.dataTransfer.files;
        fits(box.closest("form"));
      }
    });
  });
})();
