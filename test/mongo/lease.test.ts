import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { Lease } from '../../src/main/mongo/lease.js';
import { describeWithMongo } from '../helpers/mongo.js';

/** No process has this number: Linux gives none beyond 2²². */
const NO_PROCESS = 2 ** 30;

describeWithMongo('Lease', (mongo) => {
  it('is had by one at a time, also in one process', async () => {
    const leases = mongo.db.collection(mongo.name());
    {
      await using _first = await Lease.take(leases, 'work');
      await expect(Lease.take(leases, 'work')).rejects.toMatchObject({ code: 'MILLRACE_LOCKED' });
      await using _other = await Lease.take(leases, 'other work');
    }
    await using _again = await Lease.take(leases, 'work');
    expect(await leases.countDocuments()).toBe(1);
  });

  it('is taken over from a process that is dead, by one', async () => {
    const leases = mongo.db.collection(mongo.name());
    const dead = { owner: 'somebody', pid: NO_PROCESS, host: hostname(), beat: 7 };
    await leases.insertOne({ _id: 'work' as never, ...dead });
    await using _first = await Lease.take(leases, 'work');
    await expect(Lease.take(leases, 'work')).rejects.toMatchObject({ code: 'MILLRACE_LOCKED' });
  });
});
