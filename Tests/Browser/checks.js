// What can be said of any page by machine. `checks()` answers a sentence for each thing that is
// wrong; `stops()` and `focused()` are for a walk by Tab.
(() => {
  const LARGE = 18.66;

  /** Where an element is, in a few words. */
  function name(element) {
    const id = element.id ? `#${element.id}` : "";
    const kind = element.className && typeof element.className === "string"
      ? `.${element.className.trim().replaceAll(/\s+/g, ".")}` : "";
    return `${element.localName}${id}${kind} "${(element.textContent || "").trim().slice(0, 40)}"`;
  }

  const isVisible = (element) => element.checkVisibility({
    contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true });

  /** Seen by nobody: kept for those who listen. */
  function isClipped(element) {
    for (let at = element; at; at = at.parentElement) {
      const box = at.getBoundingClientRect();
      if (getComputedStyle(at).clipPath !== "none" && box.width <= 1) return true;
      if (box.right <= 0) return true;
    }
    return false;
  }

  // Colours: [red, green, blue, alpha], each from 0 to 1.

  function colour(text) {
    const parts = text.match(/-?[\d.]+(e-?\d+)?%?/g).map((part) =>
      part.endsWith("%") ? parseFloat(part) / 100 : parseFloat(part));
    const [red, green, blue, alpha = 1] = parts;
    const most = text.startsWith("rgb") ? 255 : 1;
    return [red / most, green / most, blue / most, alpha];
  }

  const over = (front, back) => {
    const alpha = front[3];
    return [0, 1, 2].map((i) => front[i] * alpha + back[i] * (1 - alpha)).concat(1);
  };

  /** What lies behind an element's text: all backgrounds up to the first that covers. */
  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const background = colour(getComputedStyle(at).backgroundColor);
      if (background[3] > 0) layers.push(background);
      if (background[3] === 1) break;
    }
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reduceRight((back, front) => over(front, back),
      isDark ? [0.07, 0.07, 0.07, 1] : [1, 1, 1, 1]);
  }

  function opacity(element) {
    let product = 1;
    for (let at = element; at; at = at.parentElement) {
      product *= parseFloat(getComputedStyle(at).opacity);
    }
    return product;
  }

  function luminance(colour) {
    const [red, green, blue] = colour.slice(0, 3).map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function contrast(front, back) {
    const [more, less] = [luminance(over(front, back)), luminance(back)].sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  }

  function textContrast(element, style, words) {
    const front = colour(style.color);
    front[3] *= opacity(element);
    const isLarge = parseFloat(style.fontSize) >= LARGE;
    const ratio = contrast(front, ground(element));
    return ratio < (isLarge ? 3 : 4.5)
      ? [`contrast ${ratio.toFixed(2)} of ${words} in ${name(element)}`] : [];
  }

  function contrasts() {
    const wrong = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const words = walker.currentNode.textContent.trim();
      if (!words || !isVisible(element) || isClipped(element)) continue;
      wrong.push(...textContrast(element, getComputedStyle(element), `"${words.slice(0, 30)}"`));
    }
    for (const input of document.querySelectorAll("input[placeholder]")) {
      if (!isVisible(input) || input.value) continue;
      wrong.push(...textContrast(input, getComputedStyle(input, "::placeholder"), "a placeholder"));
    }
    return wrong;
  }

  function headings() {
    const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isVisible)
      .map((heading) => [Number(heading.localName[1]), heading]);
    const wrong = levels.filter(([level]) => level === 1).length === 1 ? [] : ["not one h1"];
    let before = 0;
    for (const [level, heading] of levels) {
      if (level > before + 1) wrong.push(`h${level} after h${before}: ${name(heading)}`);
      if (!heading.textContent.trim()) wrong.push(`an empty h${level}`);
      before = level;
    }
    return wrong;
  }

  function width() {
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const wide = [...document.body.querySelectorAll("*")].filter((element) =>
      isVisible(element) && element.getBoundingClientRect().right > page.clientWidth + 0.5);
    return [`scrolls sideways by ${page.scrollWidth - page.clientWidth}: `
      + wide.slice(0, 3).map(name).join("; ")];
  }

  /** What is out of sight because its box is too narrow. */
  function cut() {
    return [...document.body.querySelectorAll("*")].filter((element) => {
      const style = getComputedStyle(element);
      return isVisible(element) && !isClipped(element) && element.clientWidth > 1
        && style.overflowX !== "visible" && style.textOverflow !== "ellipsis"
        && element.scrollWidth > element.clientWidth + 1;
    }).map((element) => `something is out of sight in ${name(element)}`);
  }

  function structure() {
    const wrong = [];
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`two #${id}`);
    if (!document.documentElement.lang) wrong.push("no language");
    if (!document.title.trim()) wrong.push("no title");
    if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
    for (const image of document.querySelectorAll("img, svg")) {
      const isNamed = image.getAttribute("aria-label") || image.alt;
      if (!isNamed && image.ariaHidden !== "true" && image.alt !== "") {
        wrong.push(`an image without words: ${image.outerHTML.slice(0, 80)}`);
      }
    }
    for (const time of document.querySelectorAll("time")) {
      if (!isVisible(time)) continue;
      if (isNaN(Date.parse(time.dateTime))) wrong.push(`no program can read ${name(time)}`);
    }
    return wrong;
  }

  window.checks = () => [
    ...new Set([...width(), ...cut(), ...headings(), ...structure(), ...contrasts()])];

  // The keyboard

  const STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

  /** Everything that Tab must reach, in order; within the prompt where one is open. */
  const stops = () => [...(document.querySelector("dialog:modal") ?? document)
    .querySelectorAll(STOPS)].filter((element) =>
      isVisible(element) && !element.disabled && !element.closest("[inert]")
      && element.tabIndex >= 0);

  window.stops = () => stops().map(name);

  /** Which of them has the focus, and what is wrong with it; null for none. */
  window.focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const style = getComputedStyle(element);
    const wrong = [];
    const isMarked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    if (!isMarked) wrong.push(`the focus cannot be seen at ${name(element)}`);
    else if (style.outlineStyle !== "auto"
      && contrast(colour(style.outlineColor), ground(element.parentElement)) < 3) {
      wrong.push(`the focus is faint at ${name(element)}`);
    }
    const box = element.getBoundingClientRect();
    const isSeen = box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth;
    if (!isSeen) wrong.push(`the focus is out of sight at ${name(element)}`);
    return { index: stops().indexOf(element), wrong };
  };
})();
