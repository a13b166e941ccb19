/** How wide an element is now, for charts that fill it. */
"use client";

import { type RefCallback, useCallback, useState } from "react";

/** The type size for which charts in SVG are laid out; on a screen with larger type they grow with it. */
export const BASE = 14;

export function typeSize(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || BASE;
}

/** By how much type, and what grows with it, is larger here. */
export function larger(): number {
  return typeof document === "undefined" ? 1 : typeSize() / BASE;
}

/** A ref for the element, whenever it comes to be, and its width in CSS pixels (`before` until then). */
export function usePixels<E extends HTMLElement>(before = 320): [RefCallback<E>, number] {
  const [width, setWidth] = useState(before);
  const ref = useCallback((element: E | null) => {
    if (!element || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** The same in the units of `SvgChart`: pixels at BASE type. */
export function useWidth<E extends HTMLElement>(before = 320): [RefCallback<E>, number] {
  const [ref, pixels] = usePixels<E>(before);
  return [ref, Math.floor(pixels / larger())];
}
