import { coldStart } from './cold-start';
import { collection } from './collection';
import { converged } from './converged';
import { cost } from './cost';
import { dump } from './dump';
import { latency } from './latency';
import { Row } from './row';
import { storm } from './storm';
import { synth } from './synth';
import { template } from './template';

/** The rows of the table, in its order. A new one is a file beside this one and a line here. */
export const ROWS: Row[] = [
  latency,
  coldStart,
  synth,
  template,
  converged,
  dump,
  collection,
  storm,
  cost,
];
