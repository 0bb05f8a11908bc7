/** A button with an icon that opens a dialog. */
import type { ComponentChildren } from "preact";
import { useApp } from "../app_context.ts";
import type { DialogName } from "../state/app_state.ts";

interface DialogButtonProps {
  dialog: DialogName;
  label: string;
  children: ComponentChildren;
}

export function DialogButton({ dialog, label, children }: DialogButtonProps) {
  const app = useApp();
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      onClick={() => app.dialog.value = dialog}
    >
      {children}
    </button>
  );
}
