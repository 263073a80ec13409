/* Hides the items of a menu whose words do not hold what is typed.
 *   <div data-controller="picker"><input data-picker-target="search" data-action="picker#search">
 *   <li data-picker-target="item" data-words="City">…</li><p data-picker-target="none" hidden>Nothing</p></div>
 */
siyu.register("picker", class extends Stimulus.Controller {
  static targets = ["search", "item", "none"];

  search() {
    const text = this.searchTarget.value.trim().toLocaleLowerCase();
    let found = 0;
    this.itemTargets.forEach((item) => {
      item.hidden = !item.dataset.words.toLocaleLowerCase().includes(text);
      if (!item.hidden) found += 1;
    });
    if (this.hasNoneTarget) this.noneTarget.hidden = found > 0;
  }

  // Enter in the search field would send the form around it.
  stop(event) {
    event.preventDefault();
  }
});
