/** A tile of a page: a heading in small type, its content, hairlines around. */

import type { ReactNode } from "react";

interface Props {
  title?: string;
  /** Beside the title. */
  aside?: ReactNode;
  /** Takes what room is left. */
  fill?: boolean;
  children: ReactNode;
}

export function Panel({ title, aside, fill = false, children }: Props) {
  return (
    <section className={`min-w-0 bg-panel px-4 py-3 ${fill ? "flex-1" : ""}`} aria-label={title}>
      {title && (
        <div className="mb-1.5 flex flex-wrap items-baseline gap-x-3">
          <h3 className="font-semibold">{title}</h3>
          {aside && <div className="label">{aside}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
