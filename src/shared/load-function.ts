/**
 * Imports the function `exportName` of the module at `url`.
 *
 * @throws TypeError naming the exports that there are, if that one is absent or not a function.
 */
export async function loadFunction(url: string, exportName: string): Promise<(...args: never[]) => unknown> {
  const module = (await import(url)) as Record<string, unknown>;
  const found = module[exportName];
  if (typeof found === 'function') return found as (...args: never[]) => unknown;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw new TypeError(`it does not export a function "${exportName}" (it exports ${names})`);
}
