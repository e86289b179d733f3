import { figure } from './document';
import { library } from './library';
import { atMost, Growth, Measurement, Row } from './row';
import { median } from './statistics';
import { Kind, synthesise, Synthesis } from './synthesis';
import { inTurns } from './turns';

const SIZES = [1, 100, 1000];
/** The larger, the less of it is noise. */
const ROUNDS: Record<number, number> = { 1: 7, 100: 5, 1000: 5 };
const KINDS: Kind[] = ['each', 'fleet'];
/** As in synth-app.cjs. */
const IN_A_STACK = 50;

const resourcesOf = ({ templates }: Synthesis) => templates.reduce((sum, each) => sum + each.resources, 0);
const keyOf = (kind: Kind, size: number) => `${kind} ${size}`;

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const compiled = library(say);
  const times: Record<string, [number, number][]> = {};
  const resources: Record<string, [number, number]> = {};
  // A size after the other, so that what a round compares is of the same minute.
  for (const size of SIZES) {
    for (let round = size === 1 ? -1 : 0; round < ROUNDS[size]; round++) {
      for (const kind of KINDS) {
        const { ours, theirs } = await inTurns(round, { ours: () => synthesise(compiled, kind, size), theirs: () => synthesise('none', kind, size) });
        if (round >= 0) (times[keyOf(kind, size)] ??= []).push([ours.ms, theirs.ms]);
        resources[keyOf(kind, size)] = [resourcesOf(ours), resourcesOf(theirs)];
      }
    }
    say(`${size} instances: ${ROUNDS[size]} rounds`);
  }
  const growthOf = (what: string, of: (kind: Kind, size: number) => number[], kind: Kind): Growth => (
    { what, of: 'instances', unit: 'ms', sizes: SIZES, values: SIZES.map(size => median(of(kind, size))) }
  );
  const whole = (kind: Kind, size: number) => times[keyOf(kind, size)].map(([ours]) => ours);
  const more = (kind: Kind) => SIZES.map(size => `${figure(median(times[keyOf(kind, size)].map(([ours, theirs]) => ours - theirs)))} ms at ${figure(size)}`).join(', ');
  const [fewer, most] = SIZES.slice(-2);
  const resourcesAt = (size: number) => resources[keyOf('each', size)];
  const [ours, theirs] = [0, 1].map(side => {
    const at = (size: number) => median(times[keyOf('each', size)].map(pair => pair[side]));
    return { perStack: (at(most) - at(fewer)) * IN_A_STACK / (most - fewer), perResource: at(most) / resourcesAt(most)[side], fewer: at(fewer) };
  });
  const once = ours.fewer - theirs.fewer - (ours.perStack - theirs.perStack) * fewer / IN_A_STACK;
  const added = (size: number) => resourcesAt(size)[0] - resourcesAt(size)[1];
  return {
    against: {
      ...Object.fromEntries(KINDS.flatMap(kind => SIZES.map(size => [keyOf(kind, size), { unit: 'ms', pairs: times[keyOf(kind, size)] }]))),
      resource: { unit: 'ms', pairs: times[keyOf('each', most)].map(([mine, bare]) => [mine / resourcesAt(most)[0], bare / resourcesAt(most)[1]]) },
    },
    growth: [growthOf('the time, known at synth,', whole, 'each'), growthOf('the time, as a fleet,', whole, 'fleet')],
    notes: [
      `What the library adds, medians of the pairs' differences: known at synth ${more('each')}; as a fleet ${more('fleet')}.`,
      `Known at synth, from ${figure(fewer)} to ${figure(most)}: a stack of ${IN_A_STACK} instances takes ${figure(ours.perStack)} ms with its CrashDiagnostics and`
        + ` ${figure(theirs.perStack)} without, so that the ratio comes to ${(ours.perStack / theirs.perStack).toFixed(2)}; ${figure(once)} ms more are once for an app.`
        + ` The CrashDiagnostics of each stack has ${figure(added(fewer) * IN_A_STACK / fewer)} resources, an instance by itself`
        + ` ${figure(resourcesAt(fewer)[1] / fewer)}; that is ${figure(ours.perResource)} and ${figure(theirs.perResource)} ms for each resource at ${figure(most)}.`,
      `Known at synth means \`KdumpTargets.instances()\` of ${IN_A_STACK} instances in each stack, the most that one CrashDiagnostics takes, so that 1,000 instances are`
        + ` ${1000 / IN_A_STACK} stacks with a CrashDiagnostics each, in which a FleetWatch looks at them; as a fleet there are the same stacks, and one CrashDiagnostics by a tag.`,
    ],
  };
}

export const synth: Row = {
  name: 'synth',
  what: 'A CDK app in a process of its own, from its start to its end, the loading of aws-cdk-lib included, as `cdk synth` runs it.',
  baselines: {
    ...Object.fromEntries(KINDS.flatMap(kind => SIZES.map(size => {
      const instances = `${figure(size)} instance${size === 1 ? '' : 's'}`;
      return [keyOf(kind, size), { what: `the same app without the library: ${instances}, ${kind === 'each' ? 'known at synth' : 'as a fleet'}`, goal: atMost(1.1) }];
    }))),
    resource: { what: `the same, ${figure(SIZES.at(-1)!)} instances, known at synth: for each resource of the templates` },
  },
  measure,
};
