const SPACE = /\s*/y;

/** Where the outermost element may begin: behind white space, comments, instructions and document types. */
export function prologEnd(text: string): number {
  let position = 0;
  for (;;) {
    SPACE.lastIndex = position;
    SPACE.exec(text);
    position = SPACE.lastIndex;
    const end = prologPieceEnd(text, position);
    if (end === undefined) return position;
    position = end;
  }
}

function prologPieceEnd(text: string, position: number): number | undefined {
  if (text.startsWith('<!--', position)) return behind(text, '-->', position);
  if (text.startsWith('<?', position)) return behind(text, '?>', position);
  return text.startsWith('<!', position) ? documentTypeEnd(text, position)?.end : undefined;
}

function behind(text: string, end: string, position: number): number | undefined {
  const found = text.indexOf(end, position);
  return found === -1 ? undefined : found + end.length;
}

/**
 * The end of a document type, which isn't in quotes, comments or between square brackets, and whether it has declarations
 * (https://www.w3.org/TR/xml/#NT-doctypedecl); undefined if it has no end.
 */
export function documentTypeEnd(text: string, start: number): { end: number; declares: boolean } | undefined {
  const mark = /["'[\]>]|<!--|<\?/g;
  mark.lastIndex = start + '<!'.length;
  let declares = false;
  let isInside = false;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    const [piece] = found;
    if (piece === '[') declares = isInside = true;
    else if (piece === ']') isInside = false;
    else if (piece === '>') {
      if (!isInside) return { end: mark.lastIndex, declares };
    } else {
      const close = piece === '<!--' ? '-->' : piece === '<?' ? '?>' : piece;
      const end = behind(text, close, mark.lastIndex);
      if (end === undefined) return undefined;
      mark.lastIndex = end;
    }
  }
  return undefined;
}
