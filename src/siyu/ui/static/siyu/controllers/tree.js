/* A menu with a search field over a tree: loads it when the menu opens, and arrow keys walk from the field into it.
 *   <details data-controller="menu tree"><summary>…</summary>
 *   <input data-tree-target="search" hx-trigger="input …, siyu:opened" data-action="keydown->tree#press">
 *   <div data-tree-target="tree" data-action="keydown->tree#press"></div></details>
 */
siyu.register("tree", class extends Stimulus.Controller {
  static targets = ["search", "tree"];

  connect() {
    this.toggled = () => {
      if (!this.element.open) return;
      this.searchTarget.focus();
      this.searchTarget.dispatchEvent(new CustomEvent("siyu:opened", { bubbles: true }));
    };
    this.element.addEventListener("toggle", this.toggled);
  }

  disconnect() {
    this.element.removeEventListener("toggle", this.toggled);
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const places = [this.searchTarget, ...this.treeTarget.querySelectorAll("button")];
    const at = places.indexOf(document.activeElement);
    places[(at + step + places.length) % places.length].focus();
  }
});
