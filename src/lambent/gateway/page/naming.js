// Asks for a name, in a dialog of the page's own.

import { h } from "./dom.js";

// What was typed; empty if nothing was, or it was left.
export function name(question) {
  return new Promise((resolve) => {
    const field = h("input", { required: true, maxlength: 120, "aria-label": question, autocomplete: "off" });
    const dialog = h("dialog", { "aria-label": question, onclose: () => {
      resolve(dialog.returnValue === "keep" ? field.value.trim() : "");
      dialog.remove();
    } }, h("h2", {}, question), h("form", { method: "dialog" }, field,
      h("button", { class: "main", value: "keep" }, "Save"),
      h("button", { type: "button", onclick: () => dialog.close() }, "Cancel")));
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}
