/**
 * The setting for the paths that the user allows. It takes effect with a button, because another choice
 * joins the room anew.
 */
import { useId, useState } from "preact/hooks";
import { STRATEGIES, type Strategy } from "../../../../transport/protocol/mod.ts";
import { useApp } from "../../app_context.ts";
import { strategyWords } from "../../../words/strategies.ts";

const CHOICES: readonly (Strategy | null)[] = [null, ...STRATEGIES];

export function ConnectionSetting() {
  const app = useApp();
  const [chosen, setChosen] = useState(app.settings.strategy.peek());
  const isInRoom = app.room.value !== null;
  const submit = (event: Event) => {
    event.preventDefault();
    const isRejoined = app.setStrategy(chosen);
    app.speech.sayStatus(
      isRejoined ? "Connections saved. Joining the room anew." : "Connections saved",
    );
    app.dialog.value = null;
  };
  return (
    <form class="setting" onSubmit={submit}>
      <fieldset class="choices">
        <legend>Connections</legend>
        {isInRoom && <p class="hint">Another choice joins this room anew.</p>}
        {CHOICES.map((choice) => (
          <Choice
            key={choice}
            choice={choice}
            isChecked={choice === chosen}
            onChoose={() => setChosen(choice)}
          />
        ))}
      </fieldset>
      <button type="submit" class="secondary">
        {isInRoom ? "Use and rejoin" : "Use"}
      </button>
    </form>
  );
}

interface ChoiceProps {
  choice: Strategy | null;
  isChecked: boolean;
  onChoose: () => void;
}

function Choice({ choice, isChecked, onChoose }: ChoiceProps) {
  const app = useApp();
  const id = useId();
  const { title, meaning } = strategyWords(choice, app.nodeStrategy);
  return (
    <label class="explained-choice">
      <input
        type="radio"
        name="strategy"
        checked={isChecked}
        onChange={onChoose}
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-meaning`}
      />
      <span id={`${id}-title`}>{title}</span>
      <span id={`${id}-meaning`} class="hint">{meaning}</span>
    </label>
  );
}
