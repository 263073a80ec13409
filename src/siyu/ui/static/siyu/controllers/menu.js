/* Closes a <details> menu by Esc, by a click elsewhere and when focus leaves; arrow keys walk its items; its list is
 * placed inside the window, also where a table's frame would cut it off.
 *   <details data-controller="menu"><summary>…</summary><div class="s-menu-list">…</div></details>
 */
siyu.register("menu", class extends Stimulus.Controller {
  connect() {
    this.list = this.element.querySelector(".s-menu-list");
    this.handlers = [
      [document, "click", (event) => { if (!this.element.contains(event.target)) this.element.open = false; }],
      [this.element, "keydown", (event) => this.press(event)],
      [this.element, "focusout", (event) => this.left(event)],
      [this.element, "toggle", () => this.toggled()],
      [window, "scroll", (event) => { if (this.element.open && !this.list.contains(event.target)) this.place(); }],
    ];
    this.handlers.forEach(([target, name, handler]) => target.addEventListener(name, handler, { capture: target === window }));
    if (this.element.open) this.place();
  }

  disconnect() {
    this.handlers.forEach(([target, name, handler]) => target.removeEventListener(name, handler, { capture: target === window }));
  }

  left(event) {
    if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.element.open = false;
  }

  // A menu with a field to fill in begins there.
  toggled() {
    if (!this.element.open) return;
    this.place();
    this.list.querySelector("[data-menu-first]")?.focus();
  }

  // Beneath its button, above it where there is more room; narrow screens show it at the bottom by their stylesheet.
  place() {
    const { style } = this.list;
    if (window.matchMedia("(max-width: 767px)").matches && this.list.matches(".s-pop")) {
      style.cssText = "";
      return;
    }
    const button = this.element.querySelector("summary").getBoundingClientRect();
    style.position = "fixed";
    style.right = style.bottom = "auto";
    const wide = this.list.offsetWidth;
    const rightmost = document.documentElement.clientWidth - wide - 8;
    const start = button.left + wide > document.documentElement.clientWidth - 8 ? button.right - wide : button.left;
    style.left = `${Math.max(8, Math.min(start, rightmost))}px`;
    const below = window.innerHeight - button.bottom - 14;
    const isAbove = below < Math.min(this.list.scrollHeight, 240) && button.top > below;
    style.maxHeight = `${Math.max(120, isAbove ? button.top - 14 : below)}px`;
    style.overflowY = "auto";
    style.top = isAbove ? `${Math.max(8, button.top - 6 - this.list.offsetHeight)}px` : `${button.bottom + 6}px`;
  }

  press(event) {
    if (event.key === "Escape" && this.element.open) {
      event.stopPropagation();
      this.element.open = false;
      this.element.querySelector("summary").focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    // In a field of the menu arrow keys belong to the field.
    if (!step || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    this.element.open = true;
    const items = [...this.list.querySelectorAll("a, button, summary")].filter((item) => item.checkVisibility());
    const at = items.indexOf(document.activeElement);
    if (items.length) items[(at + step + items.length) % items.length].focus();
  }
});
