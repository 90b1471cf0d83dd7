import { describe, expect, it } from 'vitest';
import { WorkspaceShelf } from '../../../../src/main/compute/workspace.js';

const MIB = 2 ** 20;

describe('WorkspaceShelf', () => {
  it('leases memory of at least the size asked for, shared', () => {
    const { memory } = new WorkspaceShelf().lease(3 * MIB + 1);
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(memory.buffer.byteLength).toBeGreaterThan(3 * MIB);
    expect(new WorkspaceShelf().lease(0).memory.buffer.byteLength).toBeGreaterThan(0);
  });

  it('leases released memory again, grown where needed, and none that is in use', () => {
    const shelf = new WorkspaceShelf();
    const first = shelf.lease(MIB);
    const second = shelf.lease(MIB);
    expect(second.memory).not.toBe(first.memory);
    first.release();
    const third = shelf.lease(5 * MIB);
    expect(third.memory).toBe(first.memory);
    expect(third.memory.buffer.byteLength).toBe(5 * MIB);
    second.release();
    third.release();
    expect(shelf.lease(1).memory).toBe(third.memory);
  });

  it('forgets idle memory when cleared', () => {
    const shelf = new WorkspaceShelf();
    const first = shelf.lease(MIB);
    first.release();
    shelf.clear();
    expect(shelf.lease(MIB).memory).not.toBe(first.memory);
  });

  it('says what is too much, and what the limit is', () => {
    expect(() => new WorkspaceShelf().lease(2 ** 32 + 1)).toThrow(/4294967297 bytes, the limit is 4 GiB/);
  });
});
