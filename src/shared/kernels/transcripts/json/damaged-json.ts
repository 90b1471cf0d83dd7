/** What could be read of a JSON document that is damaged or cut off. */
export interface PartialJson {
  readonly value: unknown;
  /** Where reading ended, in UTF-16 units. */
  readonly end: number;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const LITERALS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Nothing that is a transcript is nested deeper. */
const MAX_DEPTH = 500;

type Container = { list: unknown[] } | { object: Record<string, unknown>; key: string | undefined };

/**
 * Reads JSON (RFC 8259) as far as it goes: up to the first thing that can't stand where it is. What was complete by
 * then is kept, an object or list that was begun included. It takes linear time, and stops where the nesting is 500 deep.
 */
export function readDamagedJson(text: string): PartialJson {
  const open: Container[] = [];
  let root: unknown;
  let position = 0;
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };
  const put = (value: unknown): boolean => {
    const into = open.at(-1);
    if (into === undefined) root = value;
    else if ('list' in into) into.list.push(value);
    else if (into.key === undefined) return false;
    else {
      Object.defineProperty(into.object, into.key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      into.key = undefined;
    }
    return true;
  };
  for (;;) {
    skip(SPACE);
    const into = open.at(-1);
    const next = text[position];
    if (next === '{' || next === '[') {
      if (open.length === MAX_DEPTH) break;
      const container: Container = next === '[' ? { list: [] } : { object: {}, key: undefined };
      if (!put('list' in container ? container.list : container.object)) break;
      open.push(container);
      position++;
    } else if (into !== undefined && next === ('list' in into ? ']' : '}')) {
      open.pop();
      position++;
      if (open.length === 0) break;
    } else if (into !== undefined && next === ',') {
      position++;
    } else if (next === '"') {
      const string = readString(text, position);
      if (string === undefined) break;
      position = string.end;
      const { value } = string;
      if (into !== undefined && 'object' in into && into.key === undefined) {
        skip(SPACE);
        if (text[position] !== ':') break;
        position++;
        into.key = value;
      } else if (!put(value)) break;
    } else {
      const literal = skip(NUMBER) ?? [...LITERALS.keys()].find((word) => text.startsWith(word, position));
      if (literal === undefined) break;
      if (LITERALS.has(literal)) position += literal.length;
      if (!put(LITERALS.has(literal) ? LITERALS.get(literal) : Number(literal))) break;
    }
    if (open.length === 0) break;
  }
  return { value: root, end: position };
}

/** The string that begins here; undefined if it has no end, or something in it that strings can't have. */
function readString(text: string, start: number): { value: string; end: number } | undefined {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 1) continue;
    try {
      return { value: JSON.parse(text.slice(start, quote + 1)) as string, end: quote + 1 };
    } catch {
      return undefined;
    }
  }
  return undefined;
}
