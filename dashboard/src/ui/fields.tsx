/** Labelled inputs in one style. */

import { type ReactNode, useId } from "react";

interface Labelled {
  label: string;
  /** For screen readers alone. */
  hidden?: boolean;
  className?: string;
}

function Field({
  label,
  hidden = false,
  className = "",
  children,
}: Labelled & { children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className={`grid min-w-0 content-start gap-0.5 ${className}`}>
      <label htmlFor={id} className={hidden ? "sr-only" : "label"}>
        {label}
      </label>
      {children(id)}
    </div>
  );
}

export interface Option {
  value: string;
  label: string;
}

interface SelectProps extends Labelled {
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

export function Select({ value, options, onChange, ...labelled }: SelectProps) {
  return (
    <Field {...labelled}>
      {(id) => (
        <select
          id={id}
          className="control w-full justify-start text-left"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface NumberProps extends Labelled {
  value: number | null;
  min: number;
  max: number;
  step?: number;
  placeholder?: string;
  onChange: (value: number | null) => void;
}

/** A number within its range; what is typed outside of it is taken to its end when the field is left. */
export function NumberField({ value, min, max, step = 1, placeholder, onChange, ...labelled }: NumberProps) {
  const held = (text: string) => {
    const number = Number(text);
    onChange(text.trim() === "" || !Number.isFinite(number) ? null : Math.min(max, Math.max(min, number)));
  };
  return (
    <Field {...labelled}>
      {(id) => (
        <input
          key={value ?? "none"}
          id={id}
          type="number"
          inputMode="numeric"
          className="control w-full cursor-text justify-start"
          defaultValue={value ?? ""}
          {...{ min, max, step, ...(placeholder && { placeholder }) }}
          onBlur={(event) => held(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && held(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface TextProps extends Labelled {
  value: string;
  placeholder?: string;
  type?: "text" | "search";
  onChange: (value: string) => void;
}

export function TextField({ value, placeholder, type = "text", onChange, ...labelled }: TextProps) {
  return (
    <Field {...labelled}>
      {(id) => (
        <input
          id={id}
          type={type}
          className="control w-full cursor-text justify-start"
          value={value}
          {...(placeholder && { placeholder })}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
