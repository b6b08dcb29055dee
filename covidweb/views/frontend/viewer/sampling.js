// The film's greys at the canvas's own pixels. They stay while only the window changes, so that a
// drag costs one look-up for each pixel; scaling a picture would cost ten times as much.

const SHARES = 128;
const CRISP_FROM = 6;

// What of the canvas the film covers, and its greys there. The matrix leads from the film's pixels
// to the canvas's; it turns by right angles only.
function sampled(levels, matrix, scale, canvas) {
  const whole = levels[0];
  const [x, y, w, h] = covered(whole, matrix, canvas);
  if (w <= 0 || h <= 0) return null;
  const level = levels.findLast((l) => l.width >= whole.width * scale * 0.99) || whole;
  const [sx, sy] = [level.width / whole.width, level.height / whole.height];
  const back = matrix.inverse();
  const start = back.transformPoint({ x: x + 0.5, y: y + 0.5 });
  const smooth = scale < CRISP_FROM;
  const along = { from: start.x * sx, limit: level.width, stride: 1 };
  const beside = { from: start.y * sy, limit: level.height, stride: level.width };
  const lying = Math.abs(matrix.a) < Math.abs(matrix.b);
  const across = lying
    ? axis(w, beside, back.b * sy, smooth)
    : axis(w, along, back.a * sx, smooth);
  const down = lying ? axis(h, along, back.c * sx, smooth) : axis(h, beside, back.d * sy, smooth);
  return { grey: resampled(level.grey, across, down), x, y, width: w, height: h };
}

function covered({ width, height }, matrix, canvas) {
  const [one, other] = [
    matrix.transformPoint({ x: 0, y: 0 }),
    matrix.transformPoint({ x: width, y: height }),
  ];
  const left = Math.max(0, Math.round(Math.min(one.x, other.x)));
  const top = Math.max(0, Math.round(Math.min(one.y, other.y)));
  const right = Math.min(canvas.width, Math.round(Math.max(one.x, other.x)));
  const bottom = Math.min(canvas.height, Math.round(Math.max(one.y, other.y)));
  return [left, top, right - left, bottom - top];
}

// For each pixel along one side of the canvas: where its two neighbours lie on the film, and how
// much of the second there is in it.
function axis(count, { from, limit, stride }, step, smooth) {
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const share = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) {
    const at = Math.min(limit - 1, Math.max(0, from + i * step - 0.5));
    const low = smooth ? Math.floor(at) : Math.round(at);
    first[i] = low * stride;
    second[i] = Math.min(limit - 1, low + 1) * stride;
    share[i] = smooth ? Math.round((at - low) * SHARES) : 0;
  }
  return { first, second, share };
}

function resampled(grey, across, down) {
  const [w, h] = [across.first.length, down.first.length];
  const found = new Uint16Array(w * h);
  let to = 0;
  for (let y = 0; y < h; y += 1) {
    const [above, below, low] = [down.first[y], down.second[y], down.share[y]];
    for (let x = 0; x < w; x += 1) {
      const [left, right, part] = [across.first[x], across.second[x], across.share[x]];
      const upper = grey[above + left] * (SHARES - part) + grey[above + right] * part;
      const lower = grey[below + left] * (SHARES - part) + grey[below + right] * part;
      found[to++] = (upper * (SHARES - low) + lower * low) >> 14;
    }
  }
  return found;
}
