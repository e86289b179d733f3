/** Imports a handler, calls it once, and tells over file descriptor 3 how long each took: node cold-start-process.mts FILE EVENT */
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , file, event] = process.argv;
const begin = performance.now();
const cpu = process.cpuUsage();
const { handler } = await import(pathToFileURL(file).href);
const imported = performance.now();
const { sent } = await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 30_000 });
const done = performance.now();
const { user, system } = process.cpuUsage(cpu);
writeSync(3, JSON.stringify({ importMs: imported - begin, callMs: done - imported, cpuMs: (user + system) / 1000, sent }));
