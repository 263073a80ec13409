/* Shows that the server does not answer, and takes it back with the first answer.
 *   <div data-controller="connection" role="alert" hidden>No connection …</div>
 */
siyu.register("connection", class extends Stimulus.Controller {
  connect() {
    this.lost = () => { this.element.hidden = false; };
    this.back = () => { this.element.hidden = true; };
    this.events = [
      [document, "htmx:sendError", this.lost],
      [document, "htmx:timeout", this.lost],
      [document, "htmx:afterOnLoad", this.back],
      [window, "offline", this.lost],
      [window, "online", this.back],
    ];
    this.events.forEach(([target, name, handler]) => target.addEventListener(name, handler));
  }

  disconnect() {
    this.events.forEach(([target, name, handler]) => target.removeEventListener(name, handler));
  }
});
