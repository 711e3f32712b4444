// Keeps the first page up to date and opens the prompt. Every page works without this.

/** @typedef {{version: string, parts: Record<string, string>}} Parts */

/** Replaces a part's content and leaves the focus where it was. */
function replace(id, html) {
  const part = document.getElementById(id);
  if (!part || part.innerHTML === html) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  part.innerHTML = html;
  if (focused) successor(focused)?.focus({ preventScroll: true });
}

/** What stands for an element where its part was replaced: the same button, the same link. */
function successor(element) {
  if (element.isConnected) return element;
  if (element.id) return document.getElementById(element.id);
  return [...document.querySelectorAll("#live a")].find((link) => link.href === element.href);
}

const live = document.getElementById("live");
/** The service sends something at least this often, in milliseconds. */
const silenceMax = 12_000;

if (live) {
  const gone = document.getElementById("gone");
  const actions = document.getElementById("actions");
  let lastHeard = new Date();
  /** @type {EventSource | undefined} */
  let source;

  function isThere() {
    lastHeard = new Date();
    gone.hidden = true;
    live.classList.remove("stale");
    actions.inert = false;
  }

  function isGone() {
    if (!gone.hidden) return;
    const since = document.getElementById("gone-since");
    since.textContent = lastHeard.toLocaleTimeString("en-GB");
    since.dateTime = lastHeard.toISOString();
    gone.hidden = false;
    live.classList.add("stale");
    // A form that nobody takes would lead away from this page.
    actions.inert = true;
    const state = document.getElementById("state");
    if (state) state.textContent = "The service does not answer";
  }

  function listen() {
    source?.close();
    source = new EventSource(live.dataset.events);
    source.onmessage = (event) => {
      /** @type {Parts} */
      const message = JSON.parse(event.data);
      if (!live.dataset.version.endsWith(message.version)) return location.reload();
      isThere();
      for (const [id, html] of Object.entries(message.parts)) replace(id, html);
    };
    source.addEventListener("still", isThere);
    source.addEventListener("over", () => location.reload());
    source.onerror = isGone;
  }

  // A refused stream is not tried again by the browser; a service that hangs closes none.
  setInterval(async () => {
    if (Date.now() - lastHeard < silenceMax && source.readyState !== EventSource.CLOSED) return;
    isGone();
    try {
      const answer = await fetch("/api/v1/status", { signal: AbortSignal.timeout(5_000) });
      if (answer.status === 401 || answer.status === 403) return location.reload();
    } catch {
      return;
    }
    if (source.readyState !== EventSource.CONNECTING) listen();
  }, 3_000);
  listen();
}

// What a form led to is said once, not again when the page is loaded anew.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(null, "", address);
}

// Where a page can show a dialog, the prompt is one; else the button leads to a page.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-dialog]");
  const dialog = button && document.getElementById(button.dataset.dialog);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
  // The browser gives the focus back, but not to a button that was replaced meanwhile.
  dialog.addEventListener("close", () => successor(button)?.focus(), { once: true });
});

// Menus close when something else is pressed, and with Escape.
function closeMenus(except) {
  for (const menu of document.querySelectorAll(".menu details[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
});
