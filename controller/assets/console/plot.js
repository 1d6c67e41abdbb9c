// Draws the figures of a table as a plot that can be read with the mouse and zoomed; the drawing of the server stands
// when this script does not run, and the table stays in both cases.
(() => {
  const box = document.getElementById('plot');
  const table = box && document.getElementById(box.dataset.table);
  if (!table || !window.uPlot) return;
  const { zone, hours } = box.dataset;
  // Day before month, as the rest of the page writes it.
  const lang = box.dataset.lang === 'en' ? 'en-GB' : box.dataset.lang;
  const rows = [...table.querySelectorAll('tbody tr')].reverse();
  const figure = (row, name) => { const text = row.dataset[name]; return text === undefined || text === '' ? null : Number(text); };
  const times = rows.map(row => Number(row.dataset.t));
  const step = times.length > 1 ? times[1] - times[0] : 86400;
  // A step is drawn at its middle, so that bars and lines of one step stand over each other.
  const data = [times.map(at => at + step / 2), ...['visits', 'unique', 'peak'].map(name => rows.map(row => figure(row, name)))];
  const byHour = hours === 'true';
  const words = options => new Intl.DateTimeFormat(lang, { timeZone: zone, hourCycle: 'h23', ...options });
  const tick = words(byHour ? { day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' });
  const full = words(byHour ? { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } : { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const number = new Intl.NumberFormat(lang);
  const shown = (plot, value) => value == null ? '–' : number.format(value);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const area = document.createElement('div');
  box.prepend(area);
  let plot = null;

  function draw() {
    if (plot) plot.destroy();
    const ink = colour('--ink2'), line = colour('--line');
    const font = '11px ' + getComputedStyle(document.body).fontFamily;
    const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    plot = new uPlot({
      width: area.clientWidth,
      height: innerWidth < 640 ? 220 : 280,
      tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: { y: { range: (u, least, most) => [0, Math.max(1, most * 1.08)] } },
      cursor: { drag: { x: true, y: false } },
      axes: [
        { ...axis, space: byHour ? 90 : 60, values: (u, ticks) => ticks.map(at => tick.format(at * 1000)), incrs: byHour ? [3600, 10800, 21600, 43200, 86400, 172800] : [86400, 172800, 432000, 604800, 1209600, 2592000] },
        { ...axis, size: 56, values: (u, ticks) => ticks.map(value => Number.isInteger(value) ? number.format(value) : '') },
      ],
      series: [
        { label: box.dataset.when, value: (u, at) => at == null ? '–' : full.format((at - step / 2) * 1000) },
        { label: box.dataset.visits, stroke: colour('--c1'), fill: colour('--l2'), width: 1, paths: uPlot.paths.bars({ size: [0.8, 60] }), points: { show: false }, value: shown },
        { label: box.dataset.unique, stroke: colour('--c2'), width: 2, dash: [8, 4], points: { show: times.length < 60, size: 5 }, value: shown },
        { label: box.dataset.peak, stroke: colour('--c3'), width: 2, dash: [3, 3], points: { show: false }, value: shown },
      ],
    }, data, area);
    plot.setScale('x', { min: times[0], max: times[times.length - 1] + step });
    area.querySelectorAll('canvas').forEach(canvas => canvas.setAttribute('aria-hidden', 'true'));
  }
  box.classList.add('drawn');
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  new ResizeObserver(() => { if (plot && Math.abs(plot.width - area.clientWidth) > 1) draw(); }).observe(area);
})();
