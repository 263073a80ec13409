/* House style of charts: siyu.chartOption(data) resolves "$c1", "$ink-3", "$money" … in an option of plain data and
 * adds axis, tooltip and text style from the tokens of the current theme.
 */
(() => {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const language = document.documentElement.lang;
  const signed = (text) => text.replace("-", "−");
  const plain = (value) => (value === null || value === undefined ? "—" : value);
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const cash = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const formatters = {
    $number: (value) => signed(whole.format(value)),
    // Money arrives in fen, as everywhere.
    $money: (value) => `${value < 0 ? "−" : ""}¥${cash.format(Math.abs(value) / 100)}`,
    $percent: (value) => `${signed(whole.format(value * 100))}%`,
  };
  const formatter = (name) => (given) => {
    const value = given !== null && typeof given === "object" && "value" in given ? given.value : given;
    return value === null || value === undefined ? plain(value) : formatters[name](Number(value));
  };

  const resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
    }
    if (typeof value !== "string" || value[0] !== "$") return value;
    if (value in formatters) return formatter(value);
    return token(/^\$c\d$/.test(value) ? `--${value.slice(1)}` : `--s-${value.slice(1)}`) || value;
  };

  const axis = (given = {}) => ({
    axisTick: { show: false },
    splitLine: { show: given.type !== "category", lineStyle: { color: token("--s-line") } },
    nameTextStyle: { color: token("--s-ink-3"), fontSize: 12, align: "left" },
    nameGap: 12,
    ...given,
    axisLine: { show: given.type === "category", lineStyle: { color: token("--s-line-2") }, ...given.axisLine },
    axisLabel: { color: token("--s-ink-3"), fontSize: 12, ...given.axisLabel },
  });
  const each = (given, change) => (Array.isArray(given) ? given.map(change) : given && change(given));

  const series = (given) => ({
    ...given,
    ...(given.type === "bar" ? { itemStyle: { borderRadius: 2, ...given.itemStyle } } : {}),
    ...(given.type === "line" ? { lineStyle: { width: 2, ...given.lineStyle } } : {}),
    ...(given.label ? { label: { color: token("--s-ink"), fontSize: 12, ...given.label } } : {}),
    ...(given.markLine
      ? { markLine: { ...given.markLine, label: { color: token("--s-ink-2"), fontSize: 12, ...given.markLine.label } } }
      : {}),
    ...(given.endLabel ? { endLabel: { color: token("--s-ink"), fontSize: 12, ...given.endLabel } } : {}),
  });

  const legend = (given) => ({
    top: 0, right: 0, itemWidth: 10, itemHeight: 10, icon: "roundRect", selectedMode: false,
    textStyle: { color: token("--s-ink-2"), fontSize: 12 },
    ...given,
  });

  // Each edition of the library is fetched once a page, however many charts ask for it; the whole one serves all.
  const libraries = {};
  siyu.chartLibrary = (source) => {
    libraries[source] ||= new Promise((resolve_, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.addEventListener("load", resolve_);
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return libraries[source];
  };

  siyu.chartOption = (data) => {
    const option = resolve(data);
    return {
      animation: false,
      ...option,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("--s-ink-3") },
      // HTML tooltips need inline styles, which our Content-Security-Policy forbids.
      tooltip: {
        renderMode: "richText",
        backgroundColor: token("--s-tip"),
        borderWidth: 0,
        textStyle: { color: token("--s-tip-ink"), fontSize: 12 },
        ...option.tooltip,
      },
      ...(option.legend ? { legend: legend(option.legend) } : {}),
      ...(option.xAxis ? { xAxis: each(option.xAxis, axis) } : {}),
      ...(option.yAxis ? { yAxis: each(option.yAxis, axis) } : {}),
      series: each(option.series, series),
    };
  };
})();
