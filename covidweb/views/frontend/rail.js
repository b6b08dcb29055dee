// The films as a rail: one is chosen by a click or the arrow keys, each can be dropped.

function made(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

function bar(film, cut) {
  const filled = made("span", "filled");
  filled.style.width = `${film.probability * 100}%`;
  const mark = made("span", "cut");
  mark.style.left = `${cut * 100}%`;
  return made("span", "bar", filled, mark);
}

function entry(film, chosen, cut, pick, drop) {
  const picture = made("span", "picture");
  if (film.picture) {
    const image = made("img", "");
    image.src = film.picture;
    image.alt = "";
    picture.append(image);
  }
  const said = made("span", "said", made("span", "name", film.name));
  said.append(made("span", `answer ${film.tone}`, film.answer));
  if (film.probability !== null) said.append(bar(film, cut));
  const button = made("button", "pick", picture, said);
  button.type = "button";
  button.dataset.film = film.id;
  button.title = film.name;
  if (chosen) button.setAttribute("aria-current", "true");
  button.onclick = () => pick(film.id);
  const cross = made("button", "drop", "close");
  cross.type = "button";
  cross.title = `Drop ${film.name}`;
  cross.setAttribute("aria-label", `Drop ${film.name}`);
  cross.onclick = () => drop(film.id);
  return made("li", chosen ? "chosen" : "", button, cross);
}

// Up and down go through the films without choosing them.
function walk(event, list) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const picks = [...list.querySelectorAll(".pick")];
  const at = picks.indexOf(event.target);
  if (!step || at < 0) return;
  picks[Math.min(picks.length - 1, Math.max(0, at + step))].focus();
  event.preventDefault();
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.dropped ||= [];
  const focused = root.getRootNode().activeElement?.dataset?.film;
  const top = root.firstChild ? root.firstChild.scrollTop : 0;
  const left = root.firstChild ? root.firstChild.scrollLeft : 0;
  const pick = (id) => setStateValue("picked", { id, at: performance.now() });
  const drop = (id) => {
    root.dropped.push(id);
    setStateValue("dropped", [...root.dropped]);
  };
  const list = made("ul", "films");
  list.setAttribute("aria-label", data.label);
  list.append(
    ...data.films.map((film) => entry(film, film.id === data.chosen, data.cut, pick, drop)),
  );
  list.onkeydown = (event) => walk(event, list);
  root.replaceChildren(list);
  if (data.more) root.append(made("p", "more", data.more));
  list.scrollTop = top;
  list.scrollLeft = left;
  if (root.chosen !== data.chosen) {
    const mark = list.querySelector("[aria-current]");
    if (mark) {
      const [box, inner] = [list.getBoundingClientRect(), mark.getBoundingClientRect()];
      if (inner.top < box.top || inner.bottom > box.bottom) list.scrollTop += inner.top - box.top;
      if (inner.left < box.left || inner.right > box.right) list.scrollLeft += inner.left - box.left;
    }
    root.chosen = data.chosen;
  }
  if (focused) list.querySelector(`.pick[data-film="${Number(focused)}"]`)?.focus();
}
