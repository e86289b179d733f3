import { DEBIAN_12, Release } from './instance/release';

export interface Ending {
  /** What the machine was. */
  readonly release: Release;

  /** Whether the demo has shown what it is to show. */
  readonly ok: boolean;

  /** Whether `--resume` finds an armed machine. */
  readonly resumable: boolean;

  /** The folder of the logs, where it is kept. */
  readonly kept?: string;
}

/** What to look at and to type next. */
export function whatNext({ release, ok, resumable, kept }: Ending): string {
  const system = release === DEBIAN_12 ? [] : ['--system', release.name];
  const demo = (...options: string[]) => ['npm run demo', ...options.length > 0 ? ['--', ...options] : []].join(' ');
  const again = (...options: string[]) => demo(...resumable ? ['--resume'] : [], ...system, ...options);
  return [
    ...kept ? [
      `Look at (in ${kept})`,
      '  console.log  what the machine showed on its console, the capture kernel included',
      '  stand.log    what AWS was asked, and what it did',
      '  cdk.out/     what cdk synth wrote, and the steps carried out',
      ...ok ? ['  report.txt   what the operator is sent'] : [],
      '',
    ] : [],
    'Next',
    ...ok ? [
      ...kept ? [] : [row(again('--work', 'seen'), 'keep the logs, the report and the cloud assembly in seen/')],
      ...release.platform.takesInterrupts ? [
        row(again('--group'), 'in an Auto Scaling group that wants to replace the instance'),
        row(again('--livelock'), 'user space alone is stuck, and the status check does not see it'),
      ] : [],
    ] : [
      row(again(), resumable ? 'go on from the machine that was armed' : 'begin again'),
    ],
    row(demo('--help'), 'what else there is, and how to empty the cache'),
  ].join('\n');
}

function row(command: string, what: string): string {
  return `  ${command.padEnd(38)} ${what}`;
}
