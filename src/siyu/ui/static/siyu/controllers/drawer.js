/* The page's one drawer for content that is loaded: anything with data-drawer="/address/" opens it. While the answer is
 * on its way it shows grey lines; an answer that is an error is said in it, with a way to try again.
 *   <a href="/customers/7/" data-drawer="/customers/7/part/">…</a>   (the link works without scripts)
 *   <dialog id="drawer" data-controller="dialog drawer"><div data-drawer-target="page"></div>
 *   <template data-drawer-target="waiting">…</template><template data-drawer-target="failed">…</template></dialog>
 */
siyu.register("drawer", class extends Stimulus.Controller {
  static targets = ["page", "waiting", "failed"];

  connect() {
    this.asked = (event) => {
      const opener = event.target.closest("[data-drawer]");
      if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(opener.dataset.drawer);
    };
    document.addEventListener("click", this.asked);
    this.broken = () => this.show(this.failedTarget);
    this.failures = ["htmx:responseError", "htmx:sendError", "htmx:timeout"];
    this.failures.forEach((name) => this.pageTarget.addEventListener(name, this.broken));
  }

  disconnect() {
    document.removeEventListener("click", this.asked);
    this.failures.forEach((name) => this.pageTarget.removeEventListener(name, this.broken));
  }

  open(address) {
    this.address = address;
    this.show(this.waitingTarget);
    if (!this.element.open) this.element.showModal();
    // An answer that comes after another one was asked for is dropped by htmx, which replaces requests of one target.
    // A failure is said by the events above.
    htmx.ajax("GET", address, { source: this.pageTarget, target: this.pageTarget, swap: "innerHTML" }).catch(() => {});
  }

  again() {
    this.open(this.address);
  }

  show(template) {
    this.pageTarget.replaceChildren(template.content.cloneNode(true));
  }
});
