/* The order of columns: each has a grip that is dragged, or moved by arrow keys; the new place is said aloud.
 *   <div data-controller="columns"><ol data-columns-target="list"><li data-columns-target="item" data-words="City">
 *   <button data-action="keydown->columns#press pointerdown->columns#grab">…</button>…</li></ol>
 *   <p aria-live="polite" data-columns-target="said" data-text="{column}: place {place} of {count}"></p></div>
 */
siyu.register("columns", class extends Stimulus.Controller {
  static targets = ["list", "item", "said"];

  press(event) {
    const item = event.target.closest("li");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const neighbour = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!neighbour) return;
    if (step < 0) neighbour.before(item);
    else neighbour.after(item);
    event.target.focus();
    this.say(item);
  }

  // Listened to at the window: an element that is moved in its list loses the pointer.
  grab(event) {
    const item = event.target.closest("li");
    event.preventDefault();
    event.currentTarget.focus();
    item.classList.add("s-dragged");
    const move = ({ clientY }) => {
      const middle = (other) => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
      while (item.previousElementSibling && clientY < middle(item.previousElementSibling)) item.previousElementSibling.before(item);
      while (item.nextElementSibling && clientY > middle(item.nextElementSibling)) item.nextElementSibling.after(item);
    };
    const ends = ["pointerup", "pointercancel"];
    const drop = () => {
      window.removeEventListener("pointermove", move);
      ends.forEach((name) => window.removeEventListener(name, drop));
      item.classList.remove("s-dragged");
      this.say(item);
    };
    window.addEventListener("pointermove", move);
    ends.forEach((name) => window.addEventListener(name, drop));
  }

  // A column that is always there keeps its tick: a disabled box would not be sent.
  keep(event) {
    event.preventDefault();
  }

  say(item) {
    const words = { column: item.dataset.words, place: this.itemTargets.indexOf(item) + 1, count: this.itemTargets.length };
    this.saidTarget.textContent = this.saidTarget.dataset.text.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  }
});
