import { expect, it } from 'vitest';
import { classifyError } from '../../../../src/main/policies/classify-error.js';

const withCode = (code: string) => Object.assign(new Error(code), { code });

it.each([
  ['ECONNREFUSED', { category: 'transient', sent: false }],
  ['EMFILE', { category: 'transient', sent: false }],
  ['UND_ERR_CONNECT_TIMEOUT', { category: 'transient', sent: false }],
  ['ECONNRESET', { category: 'transient', sent: 'unknown' }],
  ['UND_ERR_SOCKET', { category: 'transient', sent: 'unknown' }],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', { category: 'transient', sent: 'unknown' }],
  ['HPE_INVALID_CONSTANT', { category: 'transient', sent: 'unknown' }],
  ['EPROTO', { category: 'transient', sent: 'unknown' }],
  ['CERT_HAS_EXPIRED', { category: 'fatal', scope: 'run', sent: false }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { category: 'fatal', scope: 'run', sent: false }],
  ['UND_ERR_CLOSED', { category: 'fatal', scope: 'item', sent: false }],
  ['ERR_SOMETHING_ELSE', { category: 'fatal', scope: 'item', sent: 'unknown' }],
])('knows %s, as an error and as the cause of one', (code, expected) => {
  expect(classifyError(withCode(code))).toMatchObject({ code: 'MILLRACE_CALL_FAILED', ...expected });
  expect(classifyError(new TypeError('fetch failed', { cause: withCode(code) }))).toMatchObject(expected);
});

it('takes whatever was thrown', () => {
  expect(classifyError({})).toMatchObject({ category: 'fatal', scope: 'item' });
  expect(classifyError('a text')).toMatchObject({ category: 'fatal', message: 'a text' });
});
