/** What a page is, and the controls that say what it shows. */

import type { ReactNode } from "react";

export function PageHead({ title, aside, children }: { title: string; aside?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-2 border-b border-line bg-panel px-4 py-2.5">
      <div className="mr-2 min-w-0">
        <h1 className="wide text-lg leading-tight font-semibold">{title}</h1>
        {aside && <p className="label">{aside}</p>}
      </div>
      {children}
    </div>
  );
}
