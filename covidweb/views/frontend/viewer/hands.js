// Pointer, wheel and keys over the film.

const WINDOW_STEP = 0.02;
const MOVE_STEP = 0.05;

function listenTo(viewer) {
  const { canvas, pointers } = viewer;
  const ratio = () => canvas.width / Math.max(1, canvas.clientWidth);

  canvas.onpointerdown = (event) => {
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  };
  canvas.onpointermove = (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    if (pointers.size === 1) drag(viewer, before, event, ratio());
    else pinch(viewer, before, event, ratio());
    pointers.set(event.pointerId, event);
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    pointers.delete(event.pointerId);
  };
  canvas.oncontextmenu = (event) => event.preventDefault();
  canvas.ondblclick = () => viewer.act("reset");
  canvas.addEventListener("wheel", (event) => wheel(viewer, event, ratio()), { passive: false });
  canvas.onkeydown = (event) => key(viewer, event);
  canvas.onkeyup = (event) => event.key.toLowerCase() === "h" && viewer.veil(false);
  canvas.onblur = () => viewer.veil(false);
}

// The main button does what the chosen tool says; the other one, or Shift, moves.
function drag(viewer, before, event, ratio) {
  const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
  if (viewer.tool === "pan" || event.shiftKey || event.buttons & 6) {
    shift(viewer, dx * ratio, dy * ratio);
  } else {
    const { clientWidth, clientHeight } = viewer.canvas;
    viewer.shade(dx / Math.max(200, clientWidth), -dy / Math.max(200, clientHeight));
  }
}

function shift(viewer, dx, dy) {
  const { drawing } = viewer;
  if (!drawing.levels) return;
  drawing.place.x += dx / drawing.scale;
  drawing.place.y += dy / drawing.scale;
  viewer.moved();
}

function pinch(viewer, before, event, ratio) {
  const other = [...viewer.pointers.values()].find((p) => p.pointerId !== event.pointerId);
  const far = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
  const box = viewer.canvas.getBoundingClientRect();
  const middle = [
    ((event.clientX + other.clientX) / 2 - box.left) * ratio,
    ((event.clientY + other.clientY) / 2 - box.top) * ratio,
  ];
  viewer.zoom(far(event) / Math.max(1, far(before)), middle);
  shift(viewer, ((event.clientX - before.clientX) / 2) * ratio, ((event.clientY - before.clientY) / 2) * ratio);
}

// A page that scrolls past the film is not caught by it: the wheel zooms once the film is chosen.
function wheel(viewer, event, ratio) {
  const chosen = viewer.canvas.getRootNode().activeElement === viewer.canvas;
  if (!(chosen || event.ctrlKey) || !viewer.drawing.levels) return;
  event.preventDefault();
  viewer.zoom(Math.exp(-event.deltaY / 500), [event.offsetX * ratio, event.offsetY * ratio]);
  viewer.moved();
}

function key(viewer, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const name = event.key.toLowerCase();
  const arrow = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] }[name];
  const shade = { "[": [-1, 0], "]": [1, 0], ",": [0, -1], ".": [0, 1] }[name];
  const tool = TOOLS.find((t) => t.key === name || (t.key === "+" && name === "="));
  if (name === "h") viewer.veil(true);
  else if (arrow && event.shiftKey) {
    const size = viewer.canvas.width * MOVE_STEP;
    shift(viewer, -arrow[0] * size, -arrow[1] * size);
  } else if (arrow && arrow[0]) viewer.another(arrow[0]);
  else if (shade) viewer.shade(shade[0] * WINDOW_STEP, shade[1] * WINDOW_STEP);
  else if (tool) viewer.act(tool.name);
  else return;
  event.preventDefault();
}
