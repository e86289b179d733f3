import { library } from './library';
import { atMost, Measurement, Row } from './row';
import { Kind, synthesise, Template } from './synthesis';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const MOST_RESOURCES = 500;
const MOST_BYTES = 1_000_000;
const GOAL_RESOURCES = 45;
const FLEETS = [1, 100, 1000];
const EACH = [1, 10, 50];

/** What the library adds to the first stack. */
async function added(compiled: string, kind: Kind, instances: number): Promise<Template> {
  const [ours, theirs] = [await synthesise(compiled, kind, instances), await synthesise('none', kind, instances)].map(({ templates }) => templates);
  const others = (templates: Template[]) => JSON.stringify(kind === 'fleet' ? templates.slice(1) : []);
  if (others(ours) !== others(theirs)) throw new Error('The library changed a stack that it is not in.');
  return { resources: ours[0].resources - theirs[0].resources, bytes: ours[0].bytes - theirs[0].bytes };
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const compiled = library(say);
  const [fleets, each]: Template[][] = [[], []];
  for (const size of FLEETS) fleets.push(await added(compiled, 'fleet', size));
  for (const size of EACH) each.push(await added(compiled, 'each', size));
  const growth = (what: string, unit: keyof Template, sizes: number[], values: Template[]) => (
    { what, of: 'instances', unit, sizes, values: values.map(value => value[unit]) }
  );
  const [fleet, most] = [fleets[2], each[2]];
  return {
    against: {
      fleetResources: { unit: 'resources', pairs: [[fleet.resources, MOST_RESOURCES]] },
      fleetBytes: { unit: 'bytes', pairs: [[fleet.bytes, MOST_BYTES]] },
      eachResources: { unit: 'resources', pairs: [[most.resources, MOST_RESOURCES]] },
      eachBytes: { unit: 'bytes', pairs: [[most.bytes, MOST_BYTES]] },
    },
    growth: [
      growth('the resources of a fleet', 'resources', FLEETS, fleets),
      growth('the bytes of a fleet', 'bytes', FLEETS, fleets),
      growth('the resources of instances that are known at synth', 'resources', EACH, each),
      growth('the bytes of instances that are known at synth', 'bytes', EACH, each),
    ],
    notes: ['Counted, not timed: what a CrashDiagnostics adds to the template of its stack, as `cdk synth` writes it by default, the metadata of paths and assets included.'],
  };
}

export const template: Row = {
  name: 'template',
  what: 'Resources and bytes that one CrashDiagnostics adds to a template: for a fleet by a tag, and for instances that are known at synth, 50 at the most.',
  baselines: {
    fleetResources: {
      what: `a fleet of 1,000: the ${MOST_RESOURCES} resources that CloudFormation takes`,
      goal: { ...atMost(GOAL_RESOURCES / MOST_RESOURCES), text: `≤ ${GOAL_RESOURCES} resources` },
    },
    fleetBytes: { what: 'a fleet of 1,000: the 1 MB that CloudFormation takes' },
    eachResources: { what: `50 instances that are known at synth: the ${MOST_RESOURCES} resources` },
    eachBytes: { what: '50 instances that are known at synth: the 1 MB' },
  },
  measure,
};
