// The page of a classifier: cut points that are dragged, faults beside their fields, names beside ids.
(function () {
  "use strict";

  var dragged = null;
  var changed = false;

  function edges(chart) {
    if (!chart.rulesEdges) chart.rulesEdges = JSON.parse(chart.dataset.edges).map(Number);
    return chart.rulesEdges;
  }

  // Between two edges a picture is even; the edges themselves may lie at any distance.
  function valueAt(chart, share) {
    var all = edges(chart);
    var bins = all.length - 1;
    var place = Math.min(Math.max(share, 0), 1) * bins;
    var bin = Math.min(Math.floor(place), bins - 1);
    var width = all[bin + 1] - all[bin];
    return rounded(all[bin] + width * (place - bin), width, chart.dataset.whole);
  }

  function shareOf(chart, value) {
    var all = edges(chart);
    var bins = all.length - 1;
    if (!(value > all[0])) return 0;
    for (var bin = 0; bin < bins; bin += 1) {
      if (value < all[bin + 1]) return (bin + (value - all[bin]) / (all[bin + 1] - all[bin])) / bins;
    }
    return 1;
  }

  // A hand is no finer than a tenth of a bin.
  function rounded(value, width, whole) {
    var unit = Math.pow(10, Math.floor(Math.log10(width)) - 1);
    if (whole) unit = Math.max(1, unit);
    return Number((Math.round(value / unit) * unit).toPrecision(12));
  }

  function parts(handle) {
    var card = handle.closest("[data-measure]");
    var stem = "bands-" + card.dataset.measure + "-";
    return {
      card: card,
      chart: handle.closest("[data-edges]"),
      amount: document.getElementById(stem + "amount-" + handle.dataset.handle),
      kind: document.getElementById(stem + "kind-" + handle.dataset.handle)
    };
  }

  function show(handle, value) {
    var chart = handle.closest("[data-edges]");
    handle.setAttribute("x", (100 * shareOf(chart, value)).toFixed(3) + "%");
    handle.setAttribute("aria-valuenow", String(value));
    handle.setAttribute("aria-valuetext", value.toLocaleString(document.documentElement.lang));
    paint(handle.closest("[data-measure]"));
  }

  function set(handle, value) {
    var of = parts(handle);
    fix(of.kind.closest("[data-cut]"));
    of.amount.value = String(value);
    show(handle, value);
    of.amount.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // A cut point that the customers decide becomes a number: it is told, and can be taken back.
  function fix(cut) {
    var kind = cut.querySelector("[data-kind]");
    if (kind.value === "number") return;
    var amount = cut.querySelector("[data-amount]");
    var handle = handleOf(amount);
    cut.rulesWas = { kind: kind.value, amount: amount.value, at: handle && handle.getAttribute("aria-valuenow") };
    become(cut, "number");
    cut.querySelector("[data-fixed]").append(document.getElementById("now-fixed").content.cloneNode(true));
  }

  function unfix(cut) {
    var was = cut.rulesWas;
    var amount = cut.querySelector("[data-amount]");
    var handle = handleOf(amount);
    become(cut, was.kind);
    amount.value = was.amount;
    if (handle) show(handle, Number(was.at));
    cut.querySelector("[data-kind]").focus();
    amount.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function become(cut, kind) {
    var amount = cut.querySelector("[data-amount]");
    var handle = handleOf(amount);
    cut.querySelector("[data-kind]").value = kind;
    amount.readOnly = kind === "mean" || kind === "median";
    if (handle) handle.classList.toggle("is-found", kind !== "number");
    cut.querySelector("[data-fixed]").textContent = "";
  }

  // Each bar has the tone of the band in which its middle lies.
  function paint(card) {
    var chart = card.querySelector("[data-edges]");
    if (!chart) return;
    var cuts = Array.from(chart.querySelectorAll("[data-handle]")).map(function (handle) {
      return parseFloat(handle.getAttribute("x")) / 100;
    });
    chart.querySelectorAll("[data-middle]").forEach(function (bar) {
      var band = cuts.filter(function (cut) { return cut <= Number(bar.dataset.middle); }).length;
      bar.setAttribute("class", "rules-bar tone-" + (band % 8));
    });
  }

  function paintAll() {
    document.querySelectorAll("[data-measure]").forEach(paint);
  }

  function drag(event) {
    var chart = dragged.closest("[data-edges]");
    var box = chart.getBoundingClientRect();
    set(dragged, valueAt(chart, (event.clientX - box.left) / box.width));
  }

  document.addEventListener("pointerdown", function (event) {
    var handle = event.target.closest("[role=slider][data-handle]");
    if (!handle || handle.closest("fieldset[disabled]")) return;
    dragged = handle;
    handle.classList.add("is-dragged");
    handle.focus({ preventScroll: true });
    event.preventDefault();
  });
  document.addEventListener("pointermove", function (event) { if (dragged) drag(event); });
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () {
      if (dragged) dragged.classList.remove("is-dragged");
      dragged = null;
    });
  });

  var STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  document.addEventListener("keydown", function (event) {
    var handle = event.target.closest("[role=slider][data-handle]");
    if (!handle) return;
    var chart = handle.closest("[data-edges]");
    var all = edges(chart);
    var now = Number(handle.getAttribute("aria-valuenow"));
    var value;
    if (event.key === "Home") value = all[0];
    else if (event.key === "End") value = all[all.length - 1];
    else if (event.key in STEPS) value = stepped(chart, now, STEPS[event.key]);
    else return;
    event.preventDefault();
    set(handle, value);
  });

  // One key is a tenth of the bin in which the cut point lies, and at least something.
  function stepped(chart, now, steps) {
    var all = edges(chart);
    var bin = Math.min(Math.floor(shareOf(chart, now) * (all.length - 1)), all.length - 2);
    var width = all[bin + 1] - all[bin];
    var unit = Math.pow(10, Math.floor(Math.log10(width)) - 1);
    if (chart.dataset.whole) unit = Math.max(1, unit);
    return Number((now + steps * unit).toPrecision(12));
  }

  document.addEventListener("input", function (event) {
    var field = event.target;
    if (field.closest("[data-warns]")) changed = true;
    if (field.matches("[data-amount]")) typed(field);
    if (field.matches("[data-named]")) say(field);
  });

  function handleOf(field) {
    var card = field.closest("[data-measure]");
    var place = field.closest("[data-cut]").dataset.cut;
    return card.querySelector("[data-handle='" + place + "']");
  }

  function typed(field) {
    var handle = handleOf(field);
    var kind = field.closest("[data-cut]").querySelector("[data-kind]").value;
    if (handle && kind === "number" && field.value !== "") show(handle, Number(field.value));
  }

  // What an id is called, below the field that holds it.
  function say(field) {
    var said = field.parentElement.querySelector(".rules-said");
    if (!said || !field.list) return;
    var called = {};
    Array.from(field.list.options).forEach(function (one) { called[one.value] = one.label; });
    var parts = field.value.split(",").map(function (part) { return part.trim(); });
    var told = parts.map(function (part) { return called[part] || part; }).join(", ");
    said.textContent = told === parts.join(", ") ? "" : told;
  }

  // Another way to find a cut point begins with a number that makes sense there.
  var BEGIN = { quantile: 80, top_fraction: 20, bottom_fraction: 20, top_share: 80, of_total: 1, deviation: 1 };
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-amount]")) emptied(event.target);
    if (!event.target.matches("[data-kind]")) return;
    var kind = event.target.value;
    var cut = event.target.closest("[data-cut]");
    var amount = cut.querySelector("[data-amount]");
    var handle = handleOf(amount);
    become(cut, kind);
    if (kind === "number") amount.value = handle ? handle.getAttribute("aria-valuenow") : amount.value;
    else amount.value = kind in BEGIN ? BEGIN[kind] : "";
    amount.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A field can be emptied without a key; that is told as if it was typed.
  function emptied(field) {
    if (field.value === "") field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", function (event) {
    var take = event.target.closest("[data-take]");
    if (take) {
      var field = document.getElementById(take.dataset.take);
      fix(field.closest("[data-cut]"));
      field.value = take.dataset.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    var back = event.target.closest("[data-unfix]");
    if (back) unfix(back.closest("[data-cut]"));
    var line = event.target.closest("[data-line]");
    if (line) mark(document.getElementById("text"), Number(line.dataset.line), Number(line.dataset.column || 1));
  });

  // To the place in the text that a diagnostic tells.
  function mark(text, line, column) {
    var lines = text.value.split("\n");
    var start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start + column - 1, start + lines[line - 1].length);
    text.scrollTop = (line - 5) * (text.scrollHeight / lines.length);
  }

  // Faults stand beside the fields that they are about.
  function placeFaults() {
    document.querySelectorAll(".rules-fault").forEach(function (one) { one.remove(); });
    document.querySelectorAll("[data-faulty]").forEach(function (field) {
      field.classList.remove("is-invalid");
      field.removeAttribute("aria-invalid");
      field.removeAttribute("data-faulty");
    });
    document.querySelectorAll("#live-faults li.is-error[data-field]").forEach(function (one) {
      var field = document.getElementById(one.dataset.field);
      if (!field) return;
      field.setAttribute("data-faulty", "");
      if (field.matches("input, select, textarea")) {
        field.classList.add("is-invalid");
        field.setAttribute("aria-invalid", "true");
      }
      var told = document.createElement("span");
      told.className = "rules-fault";
      told.textContent = one.dataset.short;
      if (field.matches("section")) field.insertBefore(told, field.children[2]);
      else field.insertAdjacentElement("afterend", told);
    });
  }

  // Handles of cut points that the customers decide move as they are found anew.
  function moveFound() {
    document.querySelectorAll(".rules-found[data-value]").forEach(function (one) {
      if (one.dataset.value === "") return;
      var amount = one.closest("[data-cut]").querySelector("[data-amount]");
      var handle = handleOf(amount);
      if (handle && handle.classList.contains("is-found")) show(handle, Number(one.dataset.value));
    });
  }

  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id === "editor") changed = true;
    paintAll();
    placeFaults();
    moveFound();
  });
  document.addEventListener("htmx:oobAfterSwap", placeFaults);
  // A form that is left by its own button loses nothing; a download does not leave the page.
  document.addEventListener("submit", function (event) {
    var stays = event.submitter && event.submitter.hasAttribute("formaction") && changed;
    changed = false;
    if (stays) window.setTimeout(function () { changed = true; }, 2000);
  });

  // Enter in a field is not yet a wish to save.
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.matches("#rules-form input, .rules-row-note")) event.preventDefault();
  });
  window.addEventListener("beforeunload", function (event) { if (changed) event.preventDefault(); });
  document.addEventListener("DOMContentLoaded", function () { paintAll(); placeFaults(); });
})();
