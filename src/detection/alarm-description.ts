import { Token } from 'aws-cdk-lib';
import { requireRunbookUrl } from './require-runbook-url';

// The longest description that PutMetricAlarm takes.
const LONGEST_DESCRIPTION = 1024;

/**
 * What an alarm tells whoever it wakes: what it saw, and where to read on.
 */
export function alarmDescription(meaning: string, runbookUrl?: string): string {
  if (runbookUrl === undefined) return meaning;
  requireRunbookUrl(runbookUrl);
  const description = `${meaning} Runbook: ${runbookUrl}`;
  if (!Token.isUnresolved(runbookUrl) && description.length > LONGEST_DESCRIPTION) {
    throw new Error(`runbookUrl: with this URL of ${runbookUrl.length} characters the alarm's description has ${description.length};`
      + ` CloudWatch allows ${LONGEST_DESCRIPTION}. Give a shorter URL.`);
  }
  return description;
}
