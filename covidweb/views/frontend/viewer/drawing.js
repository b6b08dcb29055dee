// Draws the film as the reader wants it: place, turn, window, evidence, lines and sides.

const FIT = { zoom: 1, x: 0, y: 0, turn: 0, flip: false };
const PLAIN = { low: 0, high: 1, invert: false };

class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.buffer = document.createElement("canvas");
    this.pixels = this.buffer.getContext("2d", { willReadFrequently: true });
    this.table = new Uint32Array(65536);
    this.tableOf = "";
    this.place = { ...FIT };
    this.window = { ...PLAIN };
    this.evidence = null;
    this.opacity = 0.45;
    this.veiled = false;
    this.lines = [];
    this.frames = 0;
    this.asked = false;
    // While the hand moves, fewer pixels do.
    this.moving = false;
  }

  show(levels, evidence) {
    this.levels = levels;
    this.evidence = evidence;
    this.ask();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  // Device pixels for one pixel of the film.
  get scale() {
    const { width, height } = this.levels[0];
    const lying = this.place.turn % 2 === 1;
    const across = this.canvas.width / (lying ? height : width);
    const down = this.canvas.height / (lying ? width : height);
    return Math.min(across, down) * this.place.zoom;
  }

  // From the film's pixels to the canvas's.
  get matrix() {
    const { width, height } = this.levels[0];
    const { x, y, turn, flip } = this.place;
    const scale = this.scale;
    return new DOMMatrix()
      .translateSelf(this.canvas.width / 2 + x * scale, this.canvas.height / 2 + y * scale)
      .rotateSelf(90 * turn)
      .scaleSelf(flip ? -scale : scale, scale)
      .translateSelf(-width / 2, -height / 2);
  }

  draw() {
    const { canvas, context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!this.levels || !canvas.width || !canvas.height) return;
    const matrix = this.matrix;
    context.setTransform(matrix);
    context.imageSmoothingEnabled = this.scale < 6;
    this.drawFilm(matrix);
    if (!this.veiled) this.drawEvidence();
    if (!this.veiled) this.drawLines();
    this.drawSides(matrix);
    this.frames += 1;
    canvas.dataset.frames = this.frames;
  }

  // Only what is in view is coloured, from the smallest level that has pixels enough.
  drawFilm(matrix) {
    const whole = this.levels[0];
    const enough = whole.width * this.scale * (this.moving ? 0.6 : 0.99);
    const level = this.levels.findLast((l) => l.width >= enough) || whole;
    const [left, top, right, bottom] = this.inView(matrix);
    const [sx, sy] = [level.width / whole.width, level.height / whole.height];
    const x = Math.max(0, Math.floor(left * sx) - 1);
    const y = Math.max(0, Math.floor(top * sy) - 1);
    const w = Math.min(level.width, Math.ceil(right * sx) + 1) - x;
    const h = Math.min(level.height, Math.ceil(bottom * sy) + 1) - y;
    if (w <= 0 || h <= 0) return;
    this.setTable();
    if (this.buffer.width !== w || this.buffer.height !== h) {
      this.buffer.width = w;
      this.buffer.height = h;
      this.image = null;
    }
    this.image ||= this.pixels.createImageData(w, h);
    colourIn(level, x, y, w, h, this.table, new Uint32Array(this.image.data.buffer));
    this.pixels.putImageData(this.image, 0, 0);
    this.context.drawImage(this.buffer, x / sx, y / sy, w / sx, h / sy);
  }

  inView(matrix) {
    const back = matrix.inverse();
    const { width, height } = this.canvas;
    const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([x, y]) =>
      back.transformPoint({ x, y }),
    );
    const xs = corners.map((p) => p.x);
    const ys = corners.map((p) => p.y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  setTable() {
    const wanted = JSON.stringify(this.window);
    if (wanted === this.tableOf) return;
    fillTable(this.table, this.window.low, this.window.high, this.window.invert);
    this.tableOf = wanted;
  }

  drawEvidence() {
    if (!this.evidence || this.opacity <= 0) return;
    const { width, height } = this.levels[0];
    const [left, top, right, bottom] = this.evidence.box;
    const context = this.context;
    context.imageSmoothingEnabled = true;
    context.globalAlpha = this.opacity;
    context.drawImage(
      this.evidence.picture,
      left * width,
      top * height,
      (right - left) * width,
      (bottom - top) * height,
    );
    context.globalAlpha = 1;
  }

  drawLines() {
    const { width, height } = this.levels[0];
    const context = this.context;
    const thick = (1.5 * (window.devicePixelRatio || 1)) / this.scale;
    for (const line of this.lines.filter((l) => l.shown)) {
      for (const [colour, wide] of [["rgba(0,0,0,0.7)", 2.2], [line.colour, 1]]) {
        context.strokeStyle = colour;
        context.lineWidth = thick * wide;
        context.setLineDash(line.dashed && wide === 1 ? [thick * 4, thick * 3] : []);
        context.beginPath();
        for (const path of line.paths) {
          path.forEach(([x, y], i) => {
            if (i) context.lineTo(x * width, y * height);
            else context.moveTo(x * width, y * height);
          });
        }
        context.stroke();
      }
    }
    context.setLineDash([]);
  }

  // R stands at the patient's right, the film's left edge, wherever turning has put it.
  drawSides(matrix) {
    const context = this.context;
    const { width, height } = this.canvas;
    const ratio = window.devicePixelRatio || 1;
    const size = Math.round(15 * ratio);
    const box = size * 1.6;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.font = `600 ${size}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const [letter, side] of [["R", -1], ["L", 1]]) {
      const [dx, dy] = [Math.sign(Math.round(matrix.a * 1e6)) * side, Math.sign(Math.round(matrix.b * 1e6)) * side];
      const x = dx ? (dx > 0 ? width - box : box) : width / 2;
      const y = dy > 0 ? height - box : box;
      context.fillStyle = "rgba(0,0,0,0.65)";
      context.fillRect(x - box / 2, y - box / 2, box, box);
      context.fillStyle = "#fff";
      context.fillText(letter, x, y + ratio);
    }
  }
}

// A small picture of the evidence: the scale's colour, and as much of it as there is evidence.
function evidencePicture({ width, height, values, box }, colours) {
  const bytes = Uint8Array.from(atob(values), (c) => c.charCodeAt(0));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  bytes.forEach((value, i) => {
    image.data.set([...colourAt(value / 255, colours), value], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return { picture: canvas, box };
}

function colourAt(share, colours) {
  const at = share * (colours.length - 1);
  const [from, to] = [colours[Math.floor(at)], colours[Math.ceil(at)]];
  const rest = at - Math.floor(at);
  return from.map((channel, i) => Math.round(channel + (to[i] - channel) * rest));
}
