import type { Incident } from './incident';
import { instanceOf } from './instance-of';
import { outcomeOf } from './outcome-of';
import { plain } from './plain-text';
import { ResponseOutcome } from './response-outcome';

/** What is left for a person to do, with what to type; nothing where all is well. docs/runbook.md has it at more length. */
export function nextSteps(incident: Incident): string[] {
  const { restored, shield } = incident;
  const instance = instanceOf(incident) ?? 'ID';
  return [
    ...restored?.outcome === 'failed' && shield?.kind === 'standby'
      ? [`When it runs, give it back: aws autoscaling exit-standby --auto-scaling-group-name ${quoted(shield.group ?? '')} --instance-ids ${instance}`] : [],
    ...stepsAfter(incident, instance),
  ];
}

/** As one word of a shell: a group's name may have any printable character of ASCII but a colon (Auto Scaling API Reference, CreateAutoScalingGroup). */
function quoted(name: string): string {
  return `'${plain(name).replaceAll("'", "'\\''")}'`;
}

function stepsAfter(incident: Incident, instance: string): string[] {
  switch (outcomeOf(incident)) {
    case ResponseOutcome.COLLECTED:
      return [];
    case ResponseOutcome.PARTLY_COLLECTED:
      return ['Fetch from the instance what is missing, as far as it is there, before somebody replaces it.'];
    case ResponseOutcome.NOT_INTERRUPTED:
      return ['If it hangs still, decide whether to reboot it, or to send the interrupt by hand: nothing more is done about it.'];
    case ResponseOutcome.UNANSWERED:
      return ['It hangs still, and writes no dump: reboot it, or stop and start it where a reboot does not help.'];
    case ResponseOutcome.NOT_BACK:
      if (incident.watch?.progress === 'gone') return ['If it is stopped, start it: what there is of a dump is on its volume.'];
      return [
        `Look at its console: aws ec2 get-console-output --latest --output text --instance-id ${instance}`,
        'While it writes its dump, wait. Otherwise stop and start it: what there is of a dump is on its volume.',
      ];
    case ResponseOutcome.STOPPED:
    case ResponseOutcome.FAILED:
      return ['Look whether it runs, and at the execution that is named below. If it was interrupted, what there is of a dump is on its volume.'];
  }
}
