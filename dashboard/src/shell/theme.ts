/** Light or dark: what was chosen here before, else what the system prefers. */

export type Theme = "light" | "dark";

const KEY = "f1.theme";

/** Runs before the first paint; it stands inline in every page, under a hash in the content policy. */
export const THEME_SCRIPT = `try{var t=localStorage.getItem("${KEY}")}catch(e){}
document.documentElement.dataset.theme=t||(matchMedia("(prefers-color-scheme: light)").matches?"light":"dark")`;

export function currentTheme(): Theme {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // a browser that keeps nothing still changes its colors
  }
  dispatchEvent(new Event("f1:theme"));
}
