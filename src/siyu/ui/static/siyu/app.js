/* Starts Stimulus and opens dialogs for buttons with data-opens="id". Controllers register themselves:
 *   siyu.register("copy", class extends Stimulus.Controller { … });
 */
(() => {
  const application = Stimulus.Application.start();
  window.siyu = { register: (name, controller) => application.register(name, controller) };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (!opener) return;
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) dialog.showModal();
  });
})();
