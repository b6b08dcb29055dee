// The toolbar: what can be done to the view, by pointer and by key.

const TOOLS = [
  { name: "window", icon: "contrast", label: "Window and level", key: "w", pick: true },
  { name: "pan", icon: "pan_tool", label: "Move", key: "m", pick: true },
  { name: "in", icon: "zoom_in", label: "Zoom in", key: "+" },
  { name: "out", icon: "zoom_out", label: "Zoom out", key: "-" },
  { name: "invert", icon: "invert_colors", label: "Invert: bones black", key: "i", toggle: true },
  { name: "turn", icon: "rotate_right", label: "Rotate", key: "r" },
  { name: "flip", icon: "flip", label: "Flip left and right", key: "f", toggle: true },
  { name: "reset", icon: "restart_alt", label: "Reset the view", key: "0" },
];

const KEYS_SAID =
  "Keys: drag or [ ] , . window and level, wheel or + - zoom, Shift and arrows move, " +
  "H held hides the overlay, I invert, R rotate, F flip, 0 reset, arrows another film.";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function icon(name) {
  return element("span", { class: "icon", "aria-hidden": "true" }, name);
}

function toolbar(act) {
  const bar = element("div", { class: "tools", role: "toolbar", "aria-label": "View of the film" });
  for (const tool of TOOLS) {
    const button = element("button", {
      type: "button",
      "data-tool": tool.name,
      "aria-label": tool.label,
      title: `${tool.label} (${tool.key.toUpperCase()})`,
    }, icon(tool.icon));
    if (tool.pick || tool.toggle) button.setAttribute("aria-pressed", "false");
    button.onclick = () => act(tool.name);
    bar.append(button);
  }
  return bar;
}

function slider(label, value, change) {
  const input = element("input", { type: "range", min: "0", max: "100", value: String(value) });
  const said = element("label", { class: "slider" }, element("span", {}, label), input);
  input.oninput = () => change(Number(input.value) / 100);
  return said;
}

function check(label, on, change) {
  const input = element("input", { type: "checkbox" });
  input.checked = on;
  input.onchange = () => change(input.checked);
  return element("label", { class: "check" }, input, element("span", {}, label));
}

function ramp(colours) {
  const stops = colours.map((channels) => `rgb(${channels.join()})`).join();
  const bar = element("span", { class: "ramp" });
  bar.style.background = `linear-gradient(90deg, ${stops})`;
  return [element("span", {}, "Evidence for COVID-19: none"), bar, element("span", {}, "strong")];
}
