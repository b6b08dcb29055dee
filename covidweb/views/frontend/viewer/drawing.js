// Draws the film as the reader wants it: place, turn, window, evidence, lines and sides.

const FIT = { zoom: 1, x: 0, y: 0, turn: 0, flip: false };
const PLAIN = { low: 0, high: 1, invert: false };

class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.table = new Uint32Array(65536);
    this.tableOf = "";
    this.placed = "";
    this.layer = document.createElement("canvas");
    this.place = { ...FIT };
    this.window = { ...PLAIN };
    this.evidence = null;
    this.opacity = 0.45;
    this.veiled = false;
    this.lines = [];
    this.frames = 0;
    this.asked = false;
  }

  show(levels, evidence) {
    this.levels = levels;
    this.evidence = evidence;
    this.placed = "";
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
    this.lay(matrix);
    this.drawFilm();
    if (!this.veiled) this.drawEvidence();
    context.setTransform(matrix);
    if (!this.veiled) this.drawLines();
    this.drawSides(matrix);
    this.frames += 1;
    canvas.dataset.frames = this.frames;
  }

  // What only depends on the place: the film's greys, and the evidence, at the canvas's pixels.
  lay(matrix) {
    const { canvas, levels, layer } = this;
    const wanted = `${matrix} ${canvas.width} ${canvas.height}`;
    if (wanted === this.placed) return;
    this.placed = wanted;
    this.greys = sampled(levels, matrix, this.scale, canvas);
    this.image = this.greys && this.context.createImageData(this.greys.width, this.greys.height);
    if (!this.evidence) return;
    layer.width = canvas.width;
    layer.height = canvas.height;
    const { width, height } = levels[0];
    const [left, top, right, bottom] = this.evidence.box;
    const context = layer.getContext("2d");
    context.setTransform(matrix);
    context.drawImage(
      this.evidence.picture,
      left * width,
      top * height,
      (right - left) * width,
      (bottom - top) * height,
    );
  }

  drawFilm() {
    if (!this.greys) return;
    this.setTable();
    colourIn(this.greys.grey, this.table, new Uint32Array(this.image.data.buffer));
    this.context.putImageData(this.image, this.greys.x, this.greys.y);
  }

  setTable() {
    const wanted = JSON.stringify(this.window);
    if (wanted === this.tableOf) return;
    fillTable(this.table, this.window.low, this.window.high, this.window.invert);
    this.tableOf = wanted;
  }

  drawEvidence() {
    if (!this.evidence || this.opacity <= 0) return;
    this.context.globalAlpha = this.opacity;
    this.context.drawImage(this.layer, 0, 0);
    this.context.globalAlpha = 1;
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
