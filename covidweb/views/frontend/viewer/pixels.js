// The film's grey values: unpacked once, kept at 16 bits, halved for looking at from afar.

// A header's length (4 bytes, little end first), the header as JSON, the deflated greys.
function split(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  return [header, bytes.subarray(4 + size)];
}

// Undo `pack`: rows of differences, all high bytes before all low bytes.
async function unpack(deflated, width, height) {
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = width * height;
  const grey = new Uint16Array(count);
  for (let row = 0; row < count; row += width) {
    let value = 0;
    for (let at = row; at < row + width; at += 1) {
      value = (value + (planes[at] << 8) + planes[count + at]) & 0xffff;
      grey[at] = value;
    }
  }
  return { grey, width, height };
}

// The film and its halves, each the mean of four pixels of the one before.
function pyramid(film) {
  const levels = [film];
  for (let last = film; Math.max(last.width, last.height) > 512; last = levels.at(-1)) {
    levels.push(half(last));
  }
  return levels;
}

function half({ grey, width, height }) {
  const w = Math.max(1, width >> 1);
  const h = Math.max(1, height >> 1);
  const small = new Uint16Array(w * h);
  const right = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  for (let y = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1) {
      const at = 2 * y * below + 2 * x * right;
      const sum = grey[at] + grey[at + right] + grey[at + below] + grey[at + below + right];
      small[y * w + x] = (sum + 2) >> 2;
    }
  }
  return { grey: small, width: w, height: h };
}

// One opaque colour for each of the 65,536 greys, for a window between two shares of the range.
function fillTable(table, low, high, invert) {
  const start = low * 65535;
  const slope = 255 / Math.max(1, (high - low) * 65535);
  for (let value = 0; value < 65536; value += 1) {
    let shown = (value - start) * slope;
    shown = shown < 0 ? 0 : shown > 255 ? 255 : (shown + 0.5) | 0;
    if (invert) shown = 255 - shown;
    table[value] = 0xff000000 | (shown << 16) | (shown << 8) | shown;
  }
}

// Colour greys into 32-bit pixels.
function colourIn(grey, table, target) {
  for (let at = 0; at < grey.length; at += 1) target[at] = table[grey[at]];
}
