/** What stands around every chart: its title, what it shows, its legend, and the way out as PNG and CSV. */
"use client";

import { type ReactNode, useId, useRef, useState } from "react";
import { download, fileName, type Row, toCsv, toPng } from "./export";

interface Props {
  title: string;
  /** What is drawn, for a reader who cannot see it and one who wonders: a sentence. */
  summary: string;
  /** What the chart was drawn from, asked for when it is downloaded. */
  rows: () => readonly Row[];
  legend?: ReactNode;
  /** Controls beside the title. */
  tools?: ReactNode;
  /** The summary is for screen readers alone. */
  quiet?: boolean;
  children: ReactNode;
}

export function ChartFrame({ title, summary, rows, legend, tools, quiet = false, children }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const id = useId();
  const [problem, setProblem] = useState<string>();

  async function picture() {
    setProblem(undefined);
    try {
      if (body.current) download(fileName(title, "png"), await toPng(body.current, title));
    } catch (error) {
      setProblem(`No picture could be made: ${String(error)}`);
    }
  }

  return (
    <figure aria-labelledby={id} className="min-w-0">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h3 id={id} className="font-semibold">
          {title}
        </h3>
        {tools}
        <span className="ml-auto flex gap-1">
          <SaveButton label={`${title} as PNG`} onClick={picture}>
            PNG
          </SaveButton>
          <SaveButton
            label={`${title} as CSV`}
            onClick={() => download(fileName(title, "csv"), new Blob([toCsv(rows())], { type: "text/csv" }))}
          >
            CSV
          </SaveButton>
        </span>
      </div>
      <figcaption className={quiet ? "sr-only" : "label max-w-[70ch]"}>{summary}</figcaption>
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
      {legend && <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">{legend}</div>}
      <div ref={body} className="relative mt-1.5">
        {children}
      </div>
    </figure>
  );
}

function SaveButton({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-label={`Download ${label}`}
      onClick={onClick}
      className="rounded-sm px-1.5 text-[0.786rem] text-faint underline-offset-2 hover:text-text hover:underline"
    >
      {children}
    </button>
  );
}
