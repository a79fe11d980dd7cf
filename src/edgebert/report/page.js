"use strict";
(() => {
  // Sorting: a button in each column header; numbers by value, the rest by its text.
  const collator = new Intl.Collator(undefined, {numeric: true, sensitivity: "base"});
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    return collator.compare(a, b);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const header of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const descending = header.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        header.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const column = header.cellIndex;
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((a, b) => compare(keyOf(a, column), keyOf(b, column)));
        body.append(...(descending ? rows.reverse() : rows));
      });
    }
  }

  // Filtering: all words must occur in a row; sections without rows go too.
  const words = document.getElementById("filter-words");
  const status = document.getElementById("filter-status");
  const group = document.getElementById("filter-group");
  const shown = document.getElementById("filter-shown");
  const sections = [...document.querySelectorAll("section[data-group]")];
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const section of sections) {
      let any = false;
      for (const row of section.querySelectorAll("tbody tr")) {
        const text = row.textContent.toLowerCase();
        const fits = wanted.every((word) => text.includes(word)) &&
            (!status.value || row.dataset.status === status.value) &&
            (!group.value || section.dataset.group === group.value);
        row.hidden = !fits;
        any = any || fits;
        count += fits ? 1 : 0;
      }
      section.hidden = !any;
    }
    shown.textContent = `${count} rows shown`;
  };
  for (const control of [words, status, group]) control.addEventListener("input", filter);

  // Plots: their text takes the page's colour, so that dark mode and print need no redrawing.
  const colours = ["#3b8fd9", "#e08a1e", "#2fa58a", "#d65a8a", "#9a7be0", "#b39b25", "#7d8794", "#c75b39", "#4fb0c6"];
  const specs = JSON.parse(document.getElementById("plots").textContent);
  const config = {
    background: "transparent",
    font: 'system-ui, "Segoe UI", Roboto, Arial, "DejaVu Sans", sans-serif',
    view: {stroke: null},
    range: {category: colours},
    axis: {labelColor: "currentColor", titleColor: "currentColor", domainColor: "currentColor",
      tickColor: "currentColor", gridColor: "currentColor", gridOpacity: 0.12, labelFontSize: 12, titleFontSize: 12,
      titleFontWeight: "normal", labelLimit: 0, titleLimit: 0},
    legend: {labelColor: "currentColor", titleColor: "currentColor", orient: "bottom", labelLimit: 0, titleLimit: 0,
      labelFontSize: 12, titleFontSize: 12, symbolStrokeWidth: 2, symbolBaseFillColor: "currentColor",
      symbolBaseStrokeColor: "currentColor", direction: "horizontal",
      layout: {bottom: {anchor: "start", direction: "vertical", margin: 8}}},
    header: {labelColor: "currentColor", titleColor: "currentColor", labelFontSize: 12, labelLimit: 0},
    text: {color: "currentColor", fontSize: 12},
    rule: {color: "currentColor"},
  };
  const longest = (spec, data) => {
    // The widest entry of any colour legend decides how many stand side by side.
    const field = JSON.stringify(spec).match(/"color":\{"field":"([^"]+)"/);
    return field ? Math.max(...data.map((row) => String(row[field[1]]).length)) : 10;
  };
  const draw = async (plot) => {
    const element = document.getElementById(plot.id);
    const room = Math.max(240, element.clientWidth);
    const spec = structuredClone(plot.spec);
    const rows = plot.rows.map((row) => Object.fromEntries(row.map((value, i) => [plot.columns[i], value])));
    const faceted = JSON.stringify(spec).includes('"row":');
    const columns = Math.max(1, Math.floor(room / (7.5 * longest(spec, rows) + 40)));
    await vegaEmbed(element, {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      height: 260,
      ...spec,
      width: faceted ? room - 70 : room,
      autosize: faceted ? "pad" : {type: "fit-x", contains: "padding"},
      // Half of the last tick's label hangs over the axis, by how much is up to the font.
      padding: {left: 5, right: 18, top: 5, bottom: 5},
      data: {values: rows},
      config: {...config, legend: {...config.legend, columns}},
    }, {renderer: "svg", actions: false, ast: false});
    element.querySelector("svg").setAttribute("aria-hidden", "true");
  };
  const drawAll = async () => {
    let drawn = 0;
    for (const plot of specs) {
      try {
        await draw(plot);
        drawn += 1;
      } catch (error) {
        console.error(`${plot.id}: ${error}`);
        document.getElementById(plot.id).textContent = "This plot could not be drawn; its figures are below.";
      }
    }
    document.documentElement.dataset.plotsDrawn = `${drawn}/${specs.length}`;
  };
  let width = window.innerWidth;
  let pending;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(pending);
    pending = setTimeout(drawAll, 200);
  });
  drawAll();
})();
