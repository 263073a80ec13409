/* The search box: results under the field while somebody types, walked by arrow keys, opened by Enter.
 *   <div data-controller="palette" data-palette-opened-value="/search/opened/">
 *   <input role="combobox" data-palette-target="input"><div data-palette-target="panel" hidden>
 *     <div role="listbox"><a role="option" data-kind="customers" data-key="7" href="…">…</a></div></div></div>
 */
siyu.register("palette", class extends Stimulus.Controller {
  static targets = ["input", "panel"];
  static values = { opened: String };

  open() {
    this.panelTarget.hidden = !this.panelTarget.childElementCount;
    this.inputTarget.setAttribute("aria-expanded", String(!this.panelTarget.hidden));
  }

  close() {
    this.panelTarget.hidden = true;
    this.inputTarget.setAttribute("aria-expanded", "false");
    this.point(-1);
  }

  left(event) {
    if (!this.element.contains(event.relatedTarget)) this.close();
  }

  // A first result is never chosen by itself: Enter right after typing goes to the page of all results.
  arrived() {
    this.point(-1);
    if (this.element.contains(document.activeElement)) this.open();
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.open();
      const count = this.options().length;
      // One place more than there are results: the field itself.
      this.point(((this.at + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.options()[this.at].click();
    } else if (event.key === "Escape" && !this.panelTarget.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  chosen(event) {
    const hit = event.target.closest("[data-key]");
    if (!hit) return;
    const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    // Sent although the page is being left.
    fetch(this.openedValue, { method: "POST", keepalive: true, headers, body: new URLSearchParams(hit.dataset) });
  }

  options() {
    return [...this.panelTarget.querySelectorAll("[role=option]")];
  }

  point(at) {
    this.at = at;
    const options = this.options();
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    if (at < 0) return this.inputTarget.removeAttribute("aria-activedescendant");
    this.inputTarget.setAttribute("aria-activedescendant", options[at].id);
    return options[at].scrollIntoView({ block: "nearest" });
  }
});
