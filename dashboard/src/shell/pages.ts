/** The pages there are, in the order of the navigation. */

export interface PageLink {
  /** Below /dashboard, with the slash at its end. */
  href: string;
  label: string;
}

export const PAGES: PageLink[] = [
  { href: "/", label: "Live" },
  { href: "/drivers/", label: "Drivers" },
  { href: "/simulation/", label: "Simulation" },
  { href: "/history/", label: "History" },
  { href: "/model/", label: "Model" },
];
