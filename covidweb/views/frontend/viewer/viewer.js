// The viewer: one film, its overlay and tools. Nothing but the wish for another film is sent back.

// How the reader likes to look, kept for the page; viewers of one group move together. Every
// viewer may have got this script anew, so that what they share lies outside of it.
const { habits, groups } = (globalThis.covidwebViewers ??= {
  habits: { opacity: 0.45, lines: {}, tool: null },
  groups: new Map(),
});

class Viewer {
  constructor(root) {
    this.root = root;
    this.key = null;
    this.steps = { since: crypto.getRandomValues(new Uint32Array(2)).join("-"), count: 0 };
    this.canvas = element("canvas", { tabindex: "0", role: "img" });
    this.frame = element("div", { class: "frame" }, this.canvas);
    this.drawing = new Drawing(this.canvas);
    this.bar = toolbar((name) => this.act(name));
    this.overlay = element("div", { class: "overlay" });
    this.status = element("div", { class: "status" });
    this.legend = element("div", { class: "legend" });
    this.bar.append(this.overlay);
    root.replaceChildren(this.bar, this.frame, this.legend, this.status);
    this.tool = habits.tool || (matchMedia("(pointer: coarse)").matches ? "pan" : "window");
    this.pointers = new Map();
    listenTo(this);
    new ResizeObserver(() => this.resize()).observe(this.frame);
    this.act(this.tool);
  }

  async update(bytes, setStateValue) {
    this.setStateValue = setStateValue;
    const [header, deflated] = split(bytes);
    this.header = header;
    this.join(header.group);
    this.canvas.setAttribute("aria-label", `${header.alt} ${KEYS_SAID}`);
    this.root.style.setProperty("--shape", header.width / header.height);
    const evidence = header.evidence && evidencePicture(header.evidence, header.colours);
    this.drawing.lines = header.lines.map((line) => ({
      ...line,
      shown: habits.lines[line.name] ?? line.shown,
    }));
    this.drawControls(header);
    if (header.key !== this.key) {
      this.key = header.key;
      if (!header.group) this.drawing.place = { ...FIT };
      this.drawing.window = { ...PLAIN };
      const levels = pyramid(await unpack(deflated, header.width, header.height));
      if (header.key !== this.key) return;
      this.drawing.levels = levels;
    }
    this.drawing.opacity = habits.opacity;
    this.resize();
    this.drawing.show(this.drawing.levels, evidence);
    this.say();
  }

  // Drawn anew only for other controls, so that one in use keeps its place.
  drawControls(header) {
    const wanted = JSON.stringify([Boolean(header.evidence), header.lines.map((l) => l.name)]);
    if (this.controls === wanted) return;
    this.controls = wanted;
    const parts = this.drawing.lines.map((line) =>
      check(line.name, line.shown, (on) => {
        habits.lines[line.name] = on;
        this.drawing.lines.find((l) => l.name === line.name).shown = on;
        this.drawing.ask();
      }),
    );
    if (header.evidence) {
      parts.unshift(
        slider("Overlay", Math.round(habits.opacity * 100), (share) => {
          habits.opacity = this.drawing.opacity = share;
          this.drawing.ask();
        }),
      );
    }
    this.overlay.replaceChildren(...parts);
    this.legend.replaceChildren(...(header.evidence ? ramp(header.colours) : []));
  }

  join(name) {
    if (this.group === name) return;
    groups.get(this.group)?.delete(this);
    this.group = name;
    if (name) groups.set(name, (groups.get(name) || new Set()).add(this));
  }

  // Tell the other viewers of the group where this one looks.
  moved() {
    this.drawing.ask();
    this.say();
    for (const other of groups.get(this.group) || []) {
      if (other === this || !other.drawing.levels) continue;
      const [mine, theirs] = [this.drawing.levels[0], other.drawing.levels[0]];
      other.drawing.place = {
        ...this.drawing.place,
        x: (this.drawing.place.x / mine.width) * theirs.width,
        y: (this.drawing.place.y / mine.height) * theirs.height,
      };
      other.drawing.ask();
      other.say();
    }
  }

  act(name) {
    const { drawing } = this;
    if (name === "window" || name === "pan") this.tool = habits.tool = name;
    if (name === "in" || name === "out") this.zoom(name === "in" ? 1.25 : 0.8);
    if (name === "invert") drawing.window.invert = !drawing.window.invert;
    if (name === "turn") drawing.place.turn = (drawing.place.turn + 1) % 4;
    if (name === "flip") drawing.place.flip = !drawing.place.flip;
    if (name === "reset") {
      drawing.place = { ...FIT };
      drawing.window = { ...PLAIN };
    }
    if (drawing.levels) this.moved();
    this.press();
  }

  press() {
    const { place, window } = this.drawing;
    const on = { window: this.tool === "window", pan: this.tool === "pan", invert: window.invert, flip: place.flip };
    for (const button of this.bar.querySelectorAll("button")) {
      const name = button.dataset.tool;
      if (name in on) button.setAttribute("aria-pressed", String(on[name]));
    }
    // A film that fills a phone must not catch the finger that scrolls past it.
    const free = this.tool === "pan" && place.zoom <= 1;
    this.canvas.style.touchAction = free ? "pan-y" : "none";
    this.canvas.style.cursor = this.tool === "pan" ? "grab" : "crosshair";
  }

  // Zoom about a point of the canvas, its middle without one.
  zoom(factor, point) {
    const { drawing } = this;
    const zoom = Math.min(16, Math.max(0.5, drawing.place.zoom * factor));
    const ratio = zoom / drawing.place.zoom;
    const { width, height } = this.canvas;
    const scale = drawing.scale;
    const [px, py] = point ? [(point[0] - width / 2) / scale, (point[1] - height / 2) / scale] : [0, 0];
    drawing.place.x = px / ratio - (px - drawing.place.x);
    drawing.place.y = py / ratio - (py - drawing.place.y);
    drawing.place.zoom = zoom;
    if (zoom === 1 && !point) [drawing.place.x, drawing.place.y] = [0, 0];
    this.press();
  }

  // Change window and level by shares of the grey range.
  shade(width, level) {
    const { low, high, invert } = this.drawing.window;
    const wide = Math.min(2, Math.max(0.01, high - low + width));
    const middle = Math.min(1.5, Math.max(-0.5, (low + high) / 2 + level));
    this.drawing.window = { low: middle - wide / 2, high: middle + wide / 2, invert };
    this.drawing.ask();
    this.say();
  }

  another(step) {
    this.steps.count += step;
    this.setStateValue("went", { ...this.steps });
  }

  veil(on) {
    this.drawing.veiled = on;
    this.drawing.ask();
  }

  say() {
    const { low, high } = this.drawing.window;
    const place = this.drawing.place;
    const percent = (share) => `${Math.round(share * 100)} %`;
    const parts = [
      `Window ${percent(high - low)}`,
      `level ${percent((low + high) / 2)}`,
      `zoom ${place.zoom.toFixed(1)}`,
    ];
    if (this.header) parts.push(`${this.header.width} × ${this.header.height}`);
    if (place.turn || place.flip) parts.push("turned for looking only");
    this.status.textContent = parts.join(" · ");
  }

  resize() {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.round(this.frame.clientWidth * ratio);
    const height = Math.round(this.frame.clientHeight * ratio);
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    // At once: a canvas that has just been sized is empty.
    this.drawing.draw();
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.viewer ||= new Viewer(root);
  root.viewer.update(data, setStateValue);
  return () => root.viewer.join("");
}
