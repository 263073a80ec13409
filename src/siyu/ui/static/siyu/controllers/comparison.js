/* The form of a filter: a range has two values, some comparisons have none.
 *   <form data-controller="comparison"><select data-comparison-target="op" data-action="comparison#change">
 *   <option value="between" data-range>…</option><option value="never" data-bare>…</option></select>
 *   <div data-comparison-target="values"><input><input data-comparison-target="second" hidden></div></form>
 */
siyu.register("comparison", class extends Stimulus.Controller {
  static targets = ["op", "values", "second"];

  connect() {
    this.change();
  }

  change() {
    const chosen = this.hasOpTarget ? this.opTarget.selectedOptions[0].dataset : {};
    this.secondTargets.forEach((part) => {
      part.hidden = chosen.range === undefined;
      part.disabled = part.hidden;
    });
    if (this.hasValuesTarget) this.valuesTarget.hidden = chosen.bare !== undefined;
  }
});
