/* A list in full: the banner of chosen rows, their number, the preview under it, and a failed request. See the component
 * `listing`; the check boxes tell with "selection:changed" how many are ticked.
 */
siyu.register("listing", class extends Stimulus.Controller {
  static targets = ["bulk", "scope", "count", "pageSaid", "allSaid", "chooseAll", "choosePage", "preview", "failed"];

  changed({ detail }) {
    if (!this.hasBulkTarget) return;
    this.bulkTarget.hidden = detail.count === 0;
    this.countTarget.textContent = new Intl.NumberFormat(document.documentElement.lang).format(detail.count);
    this.choosePage();
  }

  chooseAll() {
    this.widen(true);
  }

  choosePage() {
    this.widen(false);
  }

  widen(all) {
    this.scopeTarget.value = all ? "all" : "page";
    this.pageSaidTarget.hidden = all;
    this.allSaidTarget.hidden = !all;
    if (this.hasChooseAllTarget) {
      this.chooseAllTarget.hidden = all;
      this.choosePageTarget.hidden = !all;
    }
    // What was shown is not what would be done any more.
    this.dropPreview();
  }

  dropPreview() {
    this.previewTarget.replaceChildren();
  }

  clear() {
    this.element.querySelectorAll("[data-selection-target=one]").forEach((box) => { box.checked = false; });
    this.element.querySelector("[data-selection-target=one]").dispatchEvent(new Event("change", { bubbles: true }));
  }

  submit(event) {
    event.target.form.requestSubmit();
  }

  fail() {
    this.failedTarget.hidden = false;
  }
});
