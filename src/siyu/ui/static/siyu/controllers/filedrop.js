/* Takes a dropped or chosen file, shows its name, and the upload's progress when HTMX sends the form. A file above the
 * limit is not sent at all; a refusal by the server is shown where the form has hx-target="find .s-drop".
 *   <div data-controller="filedrop" data-filedrop-max-mb-value="2048"><label data-action="dragover->filedrop#over drop->filedrop#drop …">
 *     <input type="file" data-filedrop-target="input" data-action="change->filedrop#chosen">
 *     <b data-filedrop-target="name"></b></label><progress data-filedrop-target="bar" hidden></progress>
 *     <p data-filedrop-target="tooLarge" hidden>…</p></div>
 */
siyu.register("filedrop", class extends Stimulus.Controller {
  static targets = ["input", "name", "bar", "error", "tooLarge"];
  static values = { maxMb: Number };

  connect() {
    this.form = this.element.closest("form");
    this.progress = (event) => this.show(event.detail);
    this.refusal = (event) => this.refused(event.detail);
    if (this.form) this.form.addEventListener("htmx:xhr:progress", this.progress);
    this.element.addEventListener("htmx:beforeSwap", this.refusal);
  }

  disconnect() {
    if (this.form) this.form.removeEventListener("htmx:xhr:progress", this.progress);
    this.element.removeEventListener("htmx:beforeSwap", this.refusal);
  }

  over(event) {
    event.preventDefault();
    this.element.classList.add("s-over");
  }

  leave() {
    this.element.classList.remove("s-over");
  }

  drop(event) {
    event.preventDefault();
    this.leave();
    if (!event.dataTransfer.files.length) return;
    this.inputTarget.files = event.dataTransfer.files;
    this.inputTarget.dispatchEvent(new Event("change", { bubbles: true }));
  }

  chosen() {
    const file = this.inputTarget.files[0];
    if (!file) return;
    const size = file.size / 1048576;
    const tooLarge = this.maxMbValue > 0 && size > this.maxMbValue;
    if (this.hasErrorTarget) this.errorTarget.hidden = true;
    if (this.hasTooLargeTarget) this.tooLargeTarget.hidden = !tooLarge;
    this.element.classList.toggle("s-invalid", tooLarge);
    if (tooLarge) this.inputTarget.value = "";
    const shown = size < 0.1 ? `${Math.ceil(file.size / 1024)} KB` : `${size.toFixed(1)} MB`;
    this.nameTarget.textContent = `${file.name} · ${shown}`;
    this.element.classList.add("s-chosen");
  }

  show({ loaded, total, lengthComputable }) {
    this.barTarget.hidden = false;
    // All sent: the server is still keeping and looking at it.
    if (lengthComputable && loaded < total) this.barTarget.value = (100 * loaded) / total;
    else this.barTarget.removeAttribute("value");
  }

  // HTMX swaps no answers of errors by itself; a refused file (413, 422, 507) comes with its reason.
  refused(detail) {
    if (![413, 422, 507].includes(detail.xhr.status)) return;
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
