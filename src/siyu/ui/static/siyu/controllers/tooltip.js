/* Explains a number by hover, focus and tap; placed so that it never covers the mark it explains.
 *   <span data-controller="tooltip"><button data-tooltip-target="mark" data-action="tooltip#toggle …">i</button>
 *   <span role="tooltip" popover="manual" data-tooltip-target="tip">…</span></span>
 */
siyu.register("tooltip", class extends Stimulus.Controller {
  static targets = ["mark", "tip"];

  show() {
    if (this.tipTarget.matches(":popover-open")) return;
    this.tipTarget.showPopover();
    this.markTarget.setAttribute("aria-expanded", "true");
    this.place();
    this.openedAt = performance.now();
  }

  hide() {
    if (this.tipTarget.matches(":popover-open")) this.tipTarget.hidePopover();
    this.markTarget.setAttribute("aria-expanded", "false");
  }

  // A tap focuses first and clicks then: the click must not close what the focus has just opened.
  toggle() {
    const open = this.tipTarget.matches(":popover-open");
    if (open && performance.now() - this.openedAt > 400) this.hide();
    else this.show();
  }

  place() {
    const mark = this.markTarget.getBoundingClientRect();
    const tip = this.tipTarget.getBoundingClientRect();
    const left = Math.min(Math.max(8, mark.left + mark.width / 2 - tip.width / 2), window.innerWidth - tip.width - 8);
    // The number stands below its name, so the explanation goes above; below only where there is no room.
    const above = mark.top - tip.height - 6;
    this.tipTarget.style.left = `${left}px`;
    this.tipTarget.style.top = `${above > 4 ? above : mark.bottom + 6}px`;
  }

  disconnect() {
    this.hide();
  }
});
