import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../../../src/main/graph/report/markup.js';
import { hostileText } from '../../../../helpers/chunks.js';

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

describe('html', () => {
  it('escapes every text, so that it reads back as it was and holds no mark-up', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const escaped = html`${text}`.toString();
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&[^;]*;/g, (entity) => ENTITIES[entity]!)).toBe(text);
      }),
    );
  });

  it('takes its own mark-up, and lists of it, as they are; null is nothing', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul class="${1}">${items}</ul>${null}`.toString()).toBe(
      '<ul class="1"><li>a</li><li>&lt;b&gt;</li></ul>',
    );
  });
});
