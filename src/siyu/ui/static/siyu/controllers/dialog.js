/* A modal <dialog>: closes by its buttons, by Esc (native) and by a click beside it. The browser keeps focus inside.
 *   <dialog id="x" data-controller="dialog"> … <button data-action="dialog#close">Cancel</button></dialog>
 *   <button data-opens="x">Open</button>
 * One that arrives open, as the address asked for it, becomes modal, too.
 */
siyu.register("dialog", class extends Stimulus.Controller {
  connect() {
    if (this.element.open && !this.element.matches(":modal")) this.modal();
    this.beside = (event) => { if (event.target === this.element && this.outside(event)) this.close(); };
    this.element.addEventListener("mousedown", this.beside);
  }

  modal() {
    this.element.close();
    this.element.showModal();
  }

  disconnect() {
    this.element.removeEventListener("mousedown", this.beside);
  }

  outside(event) {
    const box = this.element.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  close() {
    this.element.close();
  }
});
