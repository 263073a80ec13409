/* Marks a table that fits into its frame: only then can its head stick to the window instead of the frame.
 *   <div class="s-table-wrap s-sticky" data-controller="table"><table>…</table></div>
 */
siyu.register("table", class extends Stimulus.Controller {
  connect() {
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(this.element);
    this.measure();
  }

  disconnect() {
    this.watch.disconnect();
  }

  measure() {
    const table = this.element.querySelector("table");
    if (table) this.element.classList.toggle("s-fits", table.offsetWidth <= this.element.clientWidth);
  }
});
