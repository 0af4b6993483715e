"use strict";
(() => {
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const options = { renderer: "svg", actions: false, logLevel: 1, tooltip: { theme: "custom" } };
  const drawn = Object.entries(specs).map(async ([id, spec]) => {
    const place = document.querySelector(`[data-chart="${id}"]`);
    await vegaEmbed(place, spec, options);
    // The place has the chart in words, and tables follow: its hundreds of marks say nothing.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
  });
  Promise.all(drawn).then(
    () => { document.documentElement.dataset.charts = "drawn"; },
    (error) => {
      document.documentElement.dataset.charts = "failed";
      console.error("a chart could not be drawn", error);
    });
  // Folded tables belong on paper; afterwards they are as they were.
  const folded = new Set();
  addEventListener("beforeprint", () => document.querySelectorAll("details:not([open])").forEach((one) => {
    folded.add(one);
    one.open = true;
  }));
  addEventListener("afterprint", () => {
    folded.forEach((one) => { one.open = false; });
    folded.clear();
  });
})();
