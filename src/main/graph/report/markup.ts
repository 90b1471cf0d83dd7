/** HTML that may be put into a page as it is. Only {@link html} makes it. */
class Markup {
  constructor(readonly source: string) {}

  toString(): string {
    return this.source;
  }
}

export type { Markup };

/** What stands between the literal parts of {@link html}. Text and numbers are escaped; null and '' are nothing. */
type Content = string | number | null | Markup | readonly Markup[];

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * A template of HTML or SVG: every value in it is escaped, for text and for quoted attributes alike, unless it
 * was itself made by `html`. So nothing that came from an input can become mark-up.
 *
 * @example
 * html`<p title="${source}">${excerpt}</p>`.toString();
 */
export function html(literals: TemplateStringsArray, ...contents: Content[]): Markup {
  let source = literals[0]!;
  for (const [i, content] of contents.entries()) source += render(content) + literals[i + 1]!;
  return new Markup(source);
}

function render(content: Content): string {
  if (content === null) return '';
  if (content instanceof Markup) return content.source;
  if (typeof content === 'object') return content.map(({ source }) => source).join('');
  return String(content).replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
