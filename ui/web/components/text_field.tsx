/** A labelled field, with a place for a problem with its value. */
import { useId } from "preact/hooks";

interface TextFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  /** Shown below the field and read by screen readers; null when the value is good. */
  problem?: string | null;
  hint?: string;
  placeholder?: string;
  autoComplete?: string;
  autoFocus?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { label, value, onInput, problem = null, hint, placeholder, autoComplete } = props;
  const id = useId();
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      <input
        id={id}
        type="text"
        dir="auto"
        value={value}
        placeholder={placeholder}
        autocomplete={autoComplete ?? "off"}
        autocapitalize="off"
        spellcheck={false}
        autofocus={props.autoFocus}
        aria-invalid={problem !== null}
        aria-describedby={describedBy || undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {problem && <p class="problem" id={`${id}-problem`}>{problem}</p>}
    </div>
  );
}
