import { BSON, Decimal128, Double, Int32, Long } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandError, replyIn } from '../../../../src/main/mongo/command-error.js';
import { loadDriver } from '../../../../src/main/mongo/load-driver.js';
import { readReply } from '../../../../src/main/mongo/reply.js';
import { byId, compare, idKey } from '../../../../src/main/mongo/resolve-unknown.js';
import { traitsOf } from '../../../../src/main/mongo/server-traits.js';
import type { Statement } from '../../../../src/main/mongo/statement.js';

const inserts = (n: number) =>
  Array.from({ length: n }, (_, index) => ({ index, kind: 'insert', id: index }) as Statement);
const indexes = (list: readonly { index: number }[] = []) => list.map(({ index }) => index);

describe('readReply', () => {
  const writeErrors = [{ index: 1, code: 11000, errmsg: 'E11000' }];

  it('knows of each statement what became of it', () => {
    const some = readReply(inserts(4), { n: 3, writeErrors }, false)!;
    expect(indexes(some.acknowledged)).toEqual([0, 2, 3]);
    expect(some.refused).toMatchObject([{ statement: { index: 1 }, refusal: { code: 11000 } }]);
    const first = readReply(inserts(4), { n: 1, writeErrors }, true)!;
    expect(indexes(first.acknowledged)).toEqual([0]);
    expect(indexes(first.notDone)).toEqual([2, 3]);
  });

  it('believes no reply that contradicts itself', () => {
    expect(readReply(inserts(4), { n: 3 }, false)).toBeUndefined();
    expect(readReply(inserts(4), { n: 3, writeErrors: [{ index: 9, code: 1 }] }, false)).toBeUndefined();
  });

  it('tells what was upserted from what was matched', () => {
    const update = [{ index: 0, kind: 'update' } as Statement];
    const reply = { n: 3, nModified: 1, upserted: [{ index: 0, _id: 1 }] };
    expect(readReply(update, reply, false)?.counts).toMatchObject({ matched: 2, modified: 1, upserted: 1 });
  });
});

describe('commandError', () => {
  const named = (name: string, more: object = {}) =>
    Object.assign(new Error('no message counts'), { name, ...more });

  it.each([
    ['nothing left', named('MongoServerSelectionError'), 'transient', false, 'item'],
    [
      'nothing left, the handshake failed',
      named('MongoNetworkError', { beforeHandshake: true }),
      'transient',
      false,
      'item',
    ],
    [
      'it could not connect',
      named('MongoNetworkError', { errorLabels: ['SystemOverloadedError', 'RetryableError'] }),
      'transient',
      false,
      'item',
    ],
    ['the connection was cut', named('MongoNetworkError'), 'transient', 'unknown', 'item'],
    ['no answer in time', named('MongoNetworkTimeoutError'), 'transient', 'unknown', 'item'],
    ['no longer the primary', named('MongoServerError', { code: 10107 }), 'transient', 'unknown', 'item'],
    [
      'refused',
      named('MongoServerError', { code: 2, errorLabels: ['RetryableWriteError'] }),
      'fatal',
      true,
      'item',
    ],
    ['not authorized', named('MongoServerError', { code: 13 }), 'fatal', true, 'run'],
    ['closed', named('MongoClientClosedError'), 'fatal', false, 'run'],
    [
      'undone',
      named('MongoNetworkError', { errorLabels: ['TransientTransactionError'] }),
      'transient',
      false,
      'item',
    ],
    [
      'perhaps committed',
      named('MongoServerError', { errorLabels: ['UnknownTransactionCommitResult'] }),
      'transient',
      'unknown',
      'item',
    ],
    ['anything else', named('TypoError'), 'fatal', 'unknown', 'item'],
  ])('%s', (_, thrown, category, sent, scope) => {
    expect(commandError(thrown)).toMatchObject({ category, sent, scope, cause: thrown });
  });

  it('finds the reply where something was done and not confirmed', () => {
    const result = { ok: 1, n: 1, writeConcernError: { code: 64 } };
    expect(replyIn(named('MongoWriteConcernError', { result }))).toBe(result);
    expect(replyIn(named('MongoServerError', { result }))).toBeUndefined();
  });
});

describe('reading back', () => {
  beforeAll(() => loadDriver('the tests'));

  it('finds an _id whatever type of number it has, and compares every byte', () => {
    const same = [1, new Int32(1), new Double(1), Long.ONE, 1n, Decimal128.fromString('1.0')].map((id) =>
      idKey(id, BSON),
    );
    expect(new Set(same).size).toBe(1);
    const ids = [
      '1',
      1,
      1.5,
      new Date(1),
      Long.fromString('9007199254740993'),
      Long.fromString('9007199254740992'),
    ];
    expect(new Set(ids.map((id) => idKey(id, BSON))).size).toBe(ids.length);
    const found = byId([BSON.serialize({ _id: Long.fromNumber(1), a: 1 })]);
    const statement = (document: object) => ({ id: 1, document }) as unknown as Statement;
    expect(compare(statement({ _id: Long.fromNumber(1), a: 1 }), found, BSON, {})).toBe('same');
    expect(compare(statement({ _id: 1, a: 1 }), found, BSON, {})).toBe('different');
    expect(compare(statement({ _id: Long.fromNumber(1), a: new Double(1) }), found, BSON, {})).toBe(
      'different',
    );
    expect(compare({ ...statement({}), id: 2 }, found, BSON, {})).toBe('absent');
  });
});

describe('traitsOf', () => {
  it.each([
    [{ setName: 'rs' }, {}, true],
    [{ msg: 'isdbgrid' }, {}, true],
    [{}, {}, false],
    [{ setName: 'rs' }, { ferretdbVersion: 'v1' }, false],
  ])('%j %j: transactions %s', (hello, buildInfo, hasTransactions) => {
    expect(traitsOf(hello, buildInfo)).toMatchObject({ hasTransactions });
  });
});
