// Logging in: an access key that the server knows. It is checked by asking whose it is.

import { identity } from "./aws.js";
import { h, put, refused } from "./dom.js";
import { keep, save, saved } from "./session.js";

export function login(place, done) {
  const said = h("div", { "aria-live": "polite" });
  const button = h("button", { class: "main" }, "Log in");
  const field = (name, label, more) => h("label", { class: "field" }, label,
    h("input", { name, autocomplete: "off", spellcheck: "false", ...more }));
  const enter = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const who = { id: given.id.trim(), secret: given.secret.trim(), token: given.token.trim(), region: given.region.trim() };
    button.disabled = true;
    try {
      keep({ ...who, arn: await identity(who) });
      save("region", who.region);
      done();
    } catch (error) {
      put(said, refused(error));
      button.disabled = false;
    }
  };
  const form = h("form", { class: "card login", onsubmit: enter },
    h("h1", {}, "Log in"),
    field("id", "Access key id", { required: true }),
    field("secret", "Secret access key", { required: true, type: "password" }),
    field("region", "Region", { required: true, value: saved("region", "us-east-1") }),
    h("details", {}, h("summary", {}, "Temporary credentials"), field("token", "Session token")),
    button, said,
    h("p", { class: "quiet" }, "The root key is what ", h("code", {}, "lambent env"),
      " prints; an IAM user's key does as well, and shows what that user may see. The key stays in this tab: every request"
      + " is signed here, and closing the tab forgets it."));
  put(place, window.isSecureContext ? form : h("div", { class: "card login" }, h("h1", {}, "Not here"),
    h("p", {}, "Browsers sign only on secure pages: open this one at 127.0.0.1 or localhost, or serve with --tls.")));
  form.elements.id?.focus();
}
