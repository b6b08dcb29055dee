// A button that counts its clicks: the server is told how many there were, so that clicks which
// come faster than the page is drawn are all answered.
export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  if (!root.presses) {
    root.presses = { since: crypto.getRandomValues(new Uint32Array(2)).join("-"), count: 0 };
    const button = document.createElement("button");
    button.type = "button";
    const icon = document.createElement("span");
    icon.className = "icon";
    icon.setAttribute("aria-hidden", "true");
    button.append(icon, document.createElement("span"));
    root.append(button);
  }
  const button = root.querySelector("button");
  button.firstChild.textContent = data.icon;
  button.lastChild.textContent = data.label;
  button.title = data.help;
  button.onclick = () => {
    root.presses.count += 1;
    setStateValue("pressed", { ...root.presses });
  };
}
