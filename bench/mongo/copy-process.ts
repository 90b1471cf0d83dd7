import { copyCollection } from 'millrace/mongo';
import { MongoClient } from 'mongodb';
import { peakMegabytes } from './child.js';

// Copies a collection in the way that is named, and prints the peak of its memory.
const [, , uri, database, from, to, way] = process.argv;
const client = await MongoClient.connect(uri!);
const [source, target] = [client.db(database).collection(from!), client.db(database).collection(to!)];
if (way === 'ours') await copyCollection({ source, target });
else await target.insertMany(await source.find().toArray());
const count = await target.countDocuments();
await client.close();
console.log(JSON.stringify({ count, megabytes: peakMegabytes() }));
