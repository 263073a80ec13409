/* The navigation as a drawer on narrow screens: open, close by button, shade or Esc, focus kept inside while open.
 *   <body data-controller="nav"><aside data-nav-target="panel">…</aside><div data-nav-target="shade" hidden></div>
 *   <button data-nav-target="opener" data-action="nav#open">…</button></body>
 */
siyu.register("nav", class extends Stimulus.Controller {
  static targets = ["panel", "shade", "opener"];

  open() {
    this.panelTarget.classList.add("s-open");
    this.shadeTarget.hidden = false;
    this.openerTarget.setAttribute("aria-expanded", "true");
    this.rest().forEach((element) => { element.inert = true; });
    this.panelTarget.querySelector("nav a")?.focus();
  }

  close() {
    if (!this.panelTarget.classList.contains("s-open")) return;
    this.panelTarget.classList.remove("s-open");
    this.shadeTarget.hidden = true;
    this.openerTarget.setAttribute("aria-expanded", "false");
    this.rest().forEach((element) => { element.inert = false; });
    this.openerTarget.focus();
  }

  // Everything beside the drawer is inert while it is open, so that Tab cannot leave it.
  rest() {
    return document.querySelectorAll(".s-top, .s-main, .s-skip");
  }
});
