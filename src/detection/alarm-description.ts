import { Token } from 'aws-cdk-lib';

// The longest description that PutMetricAlarm takes.
const LONGEST_DESCRIPTION = 1024;

/**
 * What an alarm tells whoever it wakes: what it saw, and where to read on.
 */
export function alarmDescription(meaning: string, runbookUrl?: string): string {
  if (runbookUrl === undefined) return meaning;
  requireUrl(runbookUrl);
  const description = `${meaning} Runbook: ${runbookUrl}`;
  if (!Token.isUnresolved(runbookUrl) && description.length > LONGEST_DESCRIPTION) {
    throw new Error(`runbookUrl: with this URL of ${runbookUrl.length} characters the alarm's description has ${description.length};`
      + ` CloudWatch allows ${LONGEST_DESCRIPTION}. Give a shorter URL.`);
  }
  return description;
}

function requireUrl(url: string): void {
  if (Token.isUnresolved(url)) return;
  // URL.canParse forgives blanks and line breaks, which would cut the link in an e-mail.
  if (/\s/.test(url) || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new Error(`runbookUrl: '${url}' was given; a complete http or https URL is allowed, such as https://wiki.example.com/hung-instance.`);
  }
}
