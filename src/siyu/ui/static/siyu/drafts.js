/* Keeps in this browser what is typed into a form until it is saved, for seven days at most.
 *   <form id="place" data-draft="7" data-draft-unsaved>   7: who is signed in; unsaved: shows what could not be saved
 * Its parts, data-draft-part: offer (with time and outdated), lost. Its buttons, data-draft-do: restore, discard,
 * theirs. Passwords, files, one-time codes and hidden values are never kept, but for those marked data-draft-kept.
 * A form whose parts come from the server listens to "siyu:draft-restored" and calls preventDefault().
 * The server names what it has taken in by a cookie: siyu.ui.drafts.
 */
(() => {
  const PREFIX = "siyu:draft:";
  const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
  const PAUSE_MS = 300;
  // A server that says nothing for so long is one that cannot be reached.
  const REACH_MS = 10_000;
  const REACH_ADDRESS = "/healthz";
  const GATEWAY_ERRORS = [502, 503, 504];
  const SAVED_COOKIE = "siyu_saved";
  const TOKEN_FIELD = "draft_token";
  const NEVER_KEPT = ["password", "file", "submit", "button", "reset", "image"];
  const SECRETS = /one-time-code|password/;

  const store = {
    read(key) {
      try {
        return JSON.parse(window.localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    // A browser that keeps nothing, or is full, is no reason to disturb who types.
    write(key, draft) {
      try {
        window.localStorage.setItem(key, JSON.stringify(draft));
      } catch { /* see above */ }
    },
    drop(wanted) {
      try {
        const keys = Object.keys(window.localStorage).filter((key) => key.startsWith(PREFIX));
        keys.filter((key) => wanted(key, store.read(key))).forEach((key) => window.localStorage.removeItem(key));
      } catch { /* see above */ }
    },
  };

  const newToken = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const reached = async () => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), REACH_MS);
    try {
      const answer = await fetch(REACH_ADDRESS, { cache: "no-store", credentials: "omit", signal: stop.signal });
      return !GATEWAY_ERRORS.includes(answer.status);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  };

  const moment = (at) => {
    const today = new Date(at).toDateString() === new Date().toDateString();
    const day = today ? {} : { month: "numeric", day: "numeric" };
    const format = { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return new Intl.DateTimeFormat(document.documentElement.lang, format).format(at);
  };

  class Draft {
    constructor(form) {
      this.form = form;
      const { pathname, search } = new URL(form.getAttribute("action") || window.location.href, window.location.href);
      this.key = `${PREFIX}${form.dataset.draft}:${pathname}${search}#${form.getAttribute("id")}`;
      this.token = newToken();
      this.refused = form.dataset.draftUnsaved !== undefined;
      this.shown = JSON.stringify(this.fields());
      this.begin(store.read(this.key));
    }

    begin(kept) {
      if (this.refused) this.keep();
      else if (kept && JSON.stringify(kept.fields) === this.shown) this.forget();
      else if (kept) this.offer(kept);
    }

    offer(kept) {
      this.offered = kept;
      this.part("time").textContent = moment(kept.at);
      this.part("outdated").hidden = kept.version === this.version;
      this.part("offer").hidden = false;
    }

    restore() {
      const { fields } = this.offered;
      this.write(this.offered);
      this.decided();
      this.keep();
      const detail = { fields };
      const event = new CustomEvent("siyu:draft-restored", { bubbles: true, cancelable: true, detail });
      if (this.form.dispatchEvent(event)) this.form.dispatchEvent(new Event("change", { bubbles: true }));
    }

    discard() {
      this.decided();
      this.forget();
    }

    decided() {
      this.offered = null;
      this.part("offer").hidden = true;
    }

    typed() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keep(), PAUSE_MS);
    }

    keep() {
      clearTimeout(this.timer);
      this.timer = null;
      const fields = this.fields();
      const same = JSON.stringify(fields) === this.shown;
      const { key, version, token } = this;
      if (!same || this.refused) store.write(key, { at: Date.now(), version, token, fields });
      else if (!this.offered) this.forget();
    }

    forget() {
      clearTimeout(this.timer);
      this.timer = null;
      store.drop((key) => key === this.key);
    }

    async send(submitter) {
      if (this.asking) return;
      this.asking = true;
      this.keep();
      const there = await reached();
      this.asking = false;
      this.part("lost").hidden = there;
      if (there) this.go(submitter);
      else this.part("lost").scrollIntoView({ block: "center" });
    }

    go(submitter) {
      this.mark();
      this.going = true;
      if (submitter) this.form.requestSubmit(submitter);
      else this.form.requestSubmit();
      this.going = false;
    }

    mark() {
      const field = this.form.querySelector(`input[name=${TOKEN_FIELD}]`) || document.createElement("input");
      Object.assign(field, { type: "hidden", name: TOKEN_FIELD, value: this.token });
      this.form.append(field);
    }

    part(name) {
      return this.form.querySelector(`[data-draft-part=${name}]`);
    }

    get versionField() {
      return this.form.querySelector("input[name=version]");
    }

    get version() {
      return this.versionField ? this.versionField.value : "";
    }

    controls() {
      return Array.from(this.form.elements).filter((control) => {
        if (!control.name || control.disabled || NEVER_KEPT.includes(control.type)) return false;
        if (control.type === "hidden") return control.dataset.draftKept !== undefined;
        return !SECRETS.test(control.autocomplete || "");
      });
    }

    fields() {
      return this.controls().flatMap((control) => {
        if (["checkbox", "radio"].includes(control.type)) return control.checked ? [[control.name, control.value]] : [];
        if (control.selectedOptions) return Array.from(control.selectedOptions, (one) => [control.name, one.value]);
        return [[control.name, control.value]];
      });
    }

    write({ fields, version }) {
      const values = new Map();
      fields.forEach(([name, value]) => values.set(name, [...(values.get(name) || []), value]));
      this.controls().forEach((control) => this.fill(control, values.get(control.name) || []));
      if (this.versionField && version) this.versionField.value = version;
    }

    fill(control, values) {
      const options = Array.from(control.options || []);
      if (["checkbox", "radio"].includes(control.type)) control.checked = values.includes(control.value);
      else if (options.length) options.forEach((one) => { one.selected = values.includes(one.value); });
      else if (values.length) control.value = values.shift();
    }
  }

  const forgetSaved = () => {
    const saved = document.cookie.match(`(?:^|; )${SAVED_COOKIE}=([0-9a-f]+)`);
    if (!saved) return;
    store.drop((_key, draft) => draft && draft.token === saved[1]);
    document.cookie = `${SAVED_COOKIE}=; path=/; max-age=0; samesite=lax`;
  };

  forgetSaved();
  store.drop((_key, draft) => !draft || draft.at < Date.now() - KEPT_MS);
  const drafts = new Map();
  document.querySelectorAll("form[data-draft]").forEach((form) => drafts.set(form, new Draft(form)));
  // A control may stand outside its form; a form may have a control that is named "form".
  const formOf = (element) => (element instanceof HTMLFormElement ? element : element.form || element.closest("form"));
  const draftOf = (element) => drafts.get(formOf(element));

  // The last: parts that the server has drawn anew, with hidden values of their own.
  ["input", "change", "htmx:afterSettle"].forEach((name) => {
    document.addEventListener(name, (event) => draftOf(event.target)?.typed());
  });
  window.addEventListener("pagehide", () => drafts.forEach((draft) => { if (draft.timer) draft.keep(); }));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-draft-do]");
    const draft = button && draftOf(button);
    if (!draft) return;
    if (button.dataset.draftDo === "restore") draft.restore();
    else draft.discard();
  });

  document.addEventListener("submit", (event) => {
    const leaving = event.target.dataset.draftForget;
    if (leaving) {
      drafts.forEach((draft) => draft.forget());
      drafts.clear();
      store.drop((key) => key.startsWith(`${PREFIX}${leaving}:`));
    }
    const draft = drafts.get(event.target);
    if (!draft || draft.going || event.defaultPrevented) return;
    event.preventDefault();
    draft.send(event.submitter);
  });
})();
