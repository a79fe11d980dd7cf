"use strict";
// Added to a report's page by report_page_test.sh: says in <html data-problems> what is wrong once all plots are drawn.
(() => {
  const problems = [];
  window.addEventListener("error", (event) => problems.push(`script error: ${event.message}`));
  const original = console.error;
  console.error = (...words) => {
    problems.push(`console: ${words.join(" ")}`);
    original(...words);
  };
  const check = () => {
    const page = document.documentElement;
    if (!page.dataset.plotsDrawn) {
      setTimeout(check, 100);
      return;
    }
    for (const plot of document.querySelectorAll(".plot")) {
      const svg = plot.querySelector("svg");
      if (!svg || svg.querySelectorAll("path, rect, line").length < 5) {
        problems.push(`${plot.id} is not drawn`);
        continue;
      }
      const frame = svg.getBoundingClientRect();
      for (const text of svg.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        const out = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top,
            box.bottom - frame.bottom);
        if (text.textContent.includes("…") || (box.width > 0 && out > 2)) {
          problems.push(`${plot.id} cuts '${text.textContent}'`);
        }
      }
      if (!plot.getAttribute("aria-label")) problems.push(`${plot.id} has no text alternative`);
    }
    for (const element of document.querySelectorAll("p, th, td, li, h1, h2, h3, figcaption, label, summary")) {
      const style = getComputedStyle(element);
      if (style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1) {
        problems.push(`text is cut: ${element.textContent.slice(0, 60)}`);
      }
    }
    if (page.scrollWidth > window.innerWidth + 1) {
      problems.push(`the page is ${page.scrollWidth} wide in a window of ${window.innerWidth}`);
    }
    page.dataset.problems = problems.length === 0 ? "none" : problems.join(" | ");
  };
  check();
})();
