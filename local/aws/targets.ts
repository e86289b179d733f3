import { instanceContext } from './ec2';
import { Instance } from './instance';

/** A target of an association or a command, as the API has it. */
export interface Target {
  readonly Key: string;
  readonly Values: string[];
}

/** Whether an instance is one of the targets: all keys must match, by any of their values. */
export function matchesTargets(instance: Instance, targets: Target[]): boolean {
  return targets.length > 0 && targets.every(({ Key, Values }) => {
    if (Key === 'InstanceIds') return Values.includes('*') || Values.includes(instance.id);
    if (Key.startsWith('tag:')) return Values.includes(instance.tags[Key.slice('tag:'.length)]);
    throw new Error(`The local stand does not play targets by ${Key}; it plays InstanceIds and tag:<key>.`);
  });
}

/** The condition keys of an instance as Systems Manager sees it. */
export function nodeContext(instance: Instance): Record<string, string> {
  const tags = Object.entries(instance.tags).map(([key, value]) => [`ssm:resourceTag/${key}`, value]);
  return { ...instanceContext(instance), ...Object.fromEntries(tags) };
}
