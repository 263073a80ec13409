/* Check boxes of a table: the head selects the page, and tells how many are selected.
 *   <div data-controller="selection"><input type="checkbox" data-selection-target="all" data-action="selection#toggleAll">
 *   <input type="checkbox" data-selection-target="one" data-action="selection#count"></div>
 * Sends "selection:changed" with {count}; elements outside may listen.
 */
siyu.register("selection", class extends Stimulus.Controller {
  static targets = ["all", "one"];

  connect() {
    this.count();
  }

  toggleAll() {
    this.oneTargets.forEach((box) => { box.checked = this.allTarget.checked; });
    this.count();
  }

  count() {
    const count = this.oneTargets.filter((box) => box.checked).length;
    this.allTarget.checked = count > 0 && count === this.oneTargets.length;
    this.allTarget.indeterminate = count > 0 && count < this.oneTargets.length;
    this.oneTargets.forEach((box) => box.closest("tr").classList.toggle("s-selected", box.checked));
    this.dispatch("changed", { detail: { count } });
  }
});
