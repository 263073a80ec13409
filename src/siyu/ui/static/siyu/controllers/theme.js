/* Chooses light, dark or the device's theme; kept in a cookie so that the server draws the page in it.
 *   <div data-controller="theme"><button data-theme-target="choice" data-action="theme#choose"
 *     data-theme-name-param="dark">Dark</button></div>
 */
siyu.register("theme", class extends Stimulus.Controller {
  static targets = ["choice"];

  connect() {
    this.mark();
  }

  choose({ params }) {
    const root = document.documentElement;
    // One year; an empty name follows the device again.
    document.cookie = `siyu_theme=${params.name}; path=/; max-age=31536000; samesite=lax`;
    root.dataset.chosenTheme = params.name;
    if (params.name) root.dataset.bsTheme = params.name;
    root.dispatchEvent(new CustomEvent("siyu:theme"));
    document.dispatchEvent(new CustomEvent("siyu:theme-changed"));
    this.element.open = false;
    this.mark();
  }

  mark() {
    const chosen = document.documentElement.dataset.chosenTheme || "";
    this.choiceTargets.forEach((button) => {
      button.setAttribute("aria-pressed", String((button.dataset.themeNameParam || "") === chosen));
    });
  }
});
