// Streamlit's place to drop films into has a name, and a role that takes names away: it is a group.
function mend() {
  for (const place of document.querySelectorAll(
    "[data-testid=stFileUploaderDropzone][role=presentation]",
  )) {
    place.setAttribute("role", "group");
  }
}

export default function () {
  mend();
  const watcher = new MutationObserver(mend);
  watcher.observe(document.body, { childList: true, subtree: true });
  return () => watcher.disconnect();
}
