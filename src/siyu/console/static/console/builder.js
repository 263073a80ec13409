/* Keeps what somebody types while the builder's answer is on its way: an answer to an older form is not put in, and
 * the newer form is sent instead.
 * A draft that is restored has the builder drawn from it.
 *   <form data-controller="builder" data-action="htmx:configRequest->builder#sent htmx:beforeSwap->builder#arrived
 *     siyu:draft-restored->builder#restored">
 */
siyu.register("builder", class extends Stimulus.Controller {
  sent() {
    this.sentForm = this.form();
  }

  arrived(event) {
    if (this.sentForm === undefined || this.sentForm === this.form()) return;
    event.detail.shouldSwap = false;
    // Still typing: leaving the field sends it. Otherwise nothing else will.
    if (!this.element.contains(document.activeElement)) htmx.trigger(this.element, "change");
  }

  restored(event) {
    event.preventDefault();
    const values = {};
    event.detail.fields.forEach(([name, value]) => { values[name] = [...(values[name] || []), value]; });
    const [address, target, swap] = ["hx-post", "hx-target", "hx-swap"].map((name) => this.element.getAttribute(name));
    htmx.ajax("POST", address, { source: this.element, target, swap, values });
  }

  form() {
    return new URLSearchParams(new FormData(this.element)).toString();
  }
});
