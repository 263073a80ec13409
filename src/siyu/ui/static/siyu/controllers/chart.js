/* Draws a chart card from its JSON, shows its numbers as a table, saves CSV and picture. Needs ui/charts.html.
 *   <section id="sales" data-controller="chart" data-chart-file-value="sales" data-chart-source-value="/…/echarts.js">
 *   <div data-chart-target="canvas"></div><script type="application/json">{…}</script>
 *   <div data-chart-target="table" hidden><table>…</table></div></section>
 * The drawing library is fetched when a chart comes near the window, so that a page stands before it arrives.
 */
siyu.register("chart", class extends Stimulus.Controller {
  static targets = ["canvas", "table", "toggle", "failed"];
  static values = { file: String, source: String };

  connect() {
    this.option = JSON.parse(this.element.querySelector("script[type='application/json']").textContent);
    this.near = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) this.begin(); },
      { rootMargin: "200px" });
    this.near.observe(this.element);
  }

  disconnect() {
    this.near.disconnect();
    if (!this.chart) return;
    document.removeEventListener("siyu:theme-changed", this.redraw);
    this.resize.disconnect();
    this.chart.dispose();
    this.chart = null;
  }

  begin() {
    this.near.disconnect();
    this.begun = this.begun || siyu.chartLibrary(this.sourceValue).then(() => this.start()).catch(() => this.fail());
    return this.begun;
  }

  start() {
    if (!this.element.isConnected) return;
    this.chart = echarts.init(this.canvasTarget, null, { renderer: "canvas" });
    this.resize = new ResizeObserver(() => this.chart.resize());
    this.resize.observe(this.canvasTarget);
    this.redraw = () => this.draw();
    document.addEventListener("siyu:theme-changed", this.redraw);
    this.draw();
  }

  // Without the library the numbers are still there.
  fail() {
    this.failedTarget.hidden = false;
    if (this.tableTarget.hidden) this.toggle();
  }

  draw() {
    this.chart.setOption(siyu.chartOption(this.option), true);
  }

  toggle() {
    const showTable = this.tableTarget.hidden;
    this.tableTarget.hidden = !showTable;
    this.canvasTarget.hidden = showTable;
    this.toggleTarget.setAttribute("aria-pressed", String(showTable));
  }

  csv() {
    // Texts that a spreadsheet program would run as formulas get an apostrophe in front, as on the server.
    const guard = (text) => (/^\s*[=+\-@]/.test(text) && !/^[+\-]?[¥\d.,\s]+%?$/.test(text) ? `'${text}` : text);
    const quote = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = [...this.tableTarget.querySelectorAll("tr")].map((row) =>
      [...row.cells].map((cell) => quote(guard(cell.textContent.trim()))).join(","));
    // The byte order mark lets spreadsheet programs read Chinese.
    this.save(URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n")], { type: "text/csv" })), "csv");
  }

  async png() {
    await this.begin();
    if (!this.chart) return;
    const backgroundColor = getComputedStyle(this.element).backgroundColor;
    this.save(this.chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor }), "png");
  }

  save(url, extension) {
    const link = document.createElement("a");
    link.href = url;
    link.download = `${this.fileValue}.${extension}`;
    link.click();
    if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
});
