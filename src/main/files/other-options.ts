import { MillraceError } from '../../shared/errors.js';
import { problemsOf } from '../../shared/options.js';
import { stableKey } from '../../shared/stable-key.js';

/** Longer values are cut off. */
const MAX_VALUE_LENGTH = 100;

/**
 * Compares the options that a run was begun with, as its file has them, with those of this one, by what JSON keeps of
 * them.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT`, naming the file and the options that differ, with both values
 */
export function checkSameOptions(
  path: string,
  then: object,
  now: object,
  advice = `delete ${path} to begin anew`,
): void {
  const expected = JSON.parse(JSON.stringify(now)) as object;
  if (stableKey(then) === stableKey(expected)) return;
  const [before, after] = [leavesOf(then), leavesOf(expected)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const options = names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ name, problem: `${excerpt(before.get(name))} then, ${excerpt(after.get(name))} now` }));
  const message = `${path}: of a run with other options: ${problemsOf(options)}; ${advice}`;
  throw new MillraceError('MILLRACE_INVALID_INPUT', message, { refused: { options, advice } });
}

/** Each value that has no others in it, as JSON, under its path: `settings.model`. */
function leavesOf(value: object, prefix = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, each] of Object.entries(value)) {
    const inside =
      typeof each === 'object' && each !== null ? leavesOf(each, `${prefix}${name}.`) : undefined;
    if (inside === undefined || inside.size === 0) leaves.set(prefix + name, JSON.stringify(each));
    else for (const [path, leaf] of inside) leaves.set(path, leaf);
  }
  return leaves;
}

function excerpt(json = 'nothing'): string {
  return json.length > MAX_VALUE_LENGTH ? `${json.slice(0, MAX_VALUE_LENGTH)}…` : json;
}
