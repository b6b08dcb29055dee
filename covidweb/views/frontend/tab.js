// Keeps the worklist's token in this tab, so that a page loaded anew finds its films again.
const KEY = "covidweb-worklist";

export default function ({ data, setStateValue }) {
  const kept = sessionStorage.getItem(KEY);
  if (kept && kept !== data.token && kept !== data.answered) {
    setStateValue("kept", kept);
  } else if (data.token) {
    sessionStorage.setItem(KEY, data.token);
  } else {
    sessionStorage.removeItem(KEY);
  }
}
