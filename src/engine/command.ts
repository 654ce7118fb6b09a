/** Runs command lines. What a command throws becomes the sentence that it answers. */
import { type CommandContext, type House, moderates } from '../commands/context.ts';
import { parseCommand } from '../commands.ts';
import { mayAsk } from '../conversation/access.ts';
import type { Binding } from '../conversation/bindings.ts';
import { failureText, isRefusal } from '../conversation/failure.ts';
import { isRealCozeError } from '../errors.ts';
import type { Incoming, Language, Notice } from '../message.ts';
import { text } from '../texts.ts';

/** `undefined` when the line is no command, or one that is a turn (`chat`, `ask`, `retry`). Never throws. */
export type RunCommand = (line: string, incoming: Incoming) => Promise<Notice | undefined>;

export function createCommandRunner(house: House): RunCommand {
  return async (line, incoming) => {
    const parsed = parseCommand(line);
    if (!parsed?.command.run) return undefined;
    let language: Language = incoming.language ?? 'en';
    try {
      const binding = await house.bindings.resolve(incoming.place);
      const context = contextOf(house, incoming, binding, parsed.rest);
      language = context.language;
      if (!mayAsk(incoming, house.owner) || (!mayAsk(incoming, binding.settings) && !moderates(incoming)))
        return { text: text('denied', language), private: true };
      return await parsed.command.run(context);
    } catch (error) {
      return { text: commandFailure(error, language, house), private: true };
    }
  };
}

export function contextOf(house: House, incoming: Incoming, binding: Binding, rest: string): CommandContext {
  const language = binding.settings.language ?? incoming.language ?? 'en';
  return { house, incoming, binding, language, rest, words: rest.split(/\s+/).filter((word) => word !== '') };
}

/** What is wrong with a member's file or words is said as it is; the rest in general words. */
function commandFailure(error: unknown, language: Language, house: House): string {
  const theirs = isRealCozeError(error) && (error.code === 'invalid' || error.code === 'too_large');
  if (theirs || isRefusal(error)) return isRealCozeError(error) ? error.message : failureText(error, language);
  house.log.warn({ error }, 'A command failed.');
  return failureText(error, language);
}
