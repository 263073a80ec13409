/* Copies a text and says so for two seconds.
 *   <span data-controller="copy" data-copy-text-value="…"><button data-action="copy#copy">…</button>
 *   <span data-copy-target="done" role="status" hidden>Copied</span></span>
 */
siyu.register("copy", class extends Stimulus.Controller {
  static values = { text: String };
  static targets = ["done"];

  async copy() {
    await this.write(this.textValue);
    this.doneTarget.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.doneTarget.hidden = true; }, 2000);
  }

  async write(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    // Plain http on a company network has no clipboard interface.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  disconnect() {
    clearTimeout(this.timer);
  }
});
