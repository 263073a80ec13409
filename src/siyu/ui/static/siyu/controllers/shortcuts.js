/* Keys: "/" goes to the search field, "?" shows all keys, "g" and a letter go to the area whose link carries
 * data-shortcut.
 *   <body data-controller="shortcuts" data-action="keydown@window->shortcuts#press" data-shortcuts-keys-value="/keys/">
 *   <input data-shortcuts-target="search"> <a href="…" data-shortcut="c">Customers</a> <dialog id="keys"></dialog></body>
 */
siyu.register("shortcuts", class extends Stimulus.Controller {
  static targets = ["search"];
  static values = { keys: String };

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "/") this.search(event);
    else if (event.key === "?") this.help();
    else if (this.waiting) this.go(event);
    else if (event.key === "g") this.wait();
  }

  search(event) {
    const field = this.hasSearchTarget ? this.searchTarget : document.querySelector("input[type=search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
  }

  async help() {
    const dialog = document.getElementById("keys");
    document.querySelector("dialog[open]")?.close();
    if (!dialog.childElementCount) {
      await htmx.ajax("GET", this.keysValue, { target: dialog, swap: "innerHTML" }).catch(() => {});
    }
    if (dialog.childElementCount && !dialog.open) dialog.showModal();
  }

  wait() {
    this.waiting = true;
    setTimeout(() => { this.waiting = false; }, 1200);
  }

  go(event) {
    this.waiting = false;
    const link = this.element.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  }

  typing(element) {
    return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  }
});
