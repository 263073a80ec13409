/* Short messages in the corner. Good news goes by itself after six seconds, bad news stays until closed.
 *   <div data-controller="toasts" data-action="siyu:toast@window->toasts#add">
 *     <template data-toasts-target="template"><div data-toasts-target="toast"><span></span>…</div></template></div>
 * From the server: siyu.ui.htmx.toast(response, text, kind="good").
 */
siyu.register("toasts", class extends Stimulus.Controller {
  static targets = ["toast", "template"];

  toastTargetConnected(toast) {
    const stays = /s-toast-(bad|error|warn|warning)/.test(toast.className);
    if (!stays) setTimeout(() => toast.remove(), 6000);
  }

  add({ detail }) {
    const toast = this.templateTarget.content.firstElementChild.cloneNode(true);
    toast.classList.add(`s-toast-${detail.kind}`);
    toast.querySelector("span").textContent = detail.text;
    this.element.append(toast);
  }

  dismiss(event) {
    event.target.closest(".s-toast").remove();
  }
});
