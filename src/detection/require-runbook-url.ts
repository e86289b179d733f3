import { Token } from 'aws-cdk-lib';
import { LONGEST_RUNBOOK_URL } from './longest-runbook-url';

/**
 * Throws where it is no complete http or https URL. What a token will be is not known at synth.
 */
export function requireRunbookUrl(url: string): void {
  if (Token.isUnresolved(url)) return;
  // URL.canParse forgives blanks and line breaks, which would cut the link in an e-mail.
  if (url.length > LONGEST_RUNBOOK_URL || /\s/.test(url) || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    const given = url.length > LONGEST_RUNBOOK_URL ? `a text of ${url.length} characters` : `'${url}'`;
    throw new Error(`runbookUrl: ${given} was given; a complete http or https URL is allowed, such as https://wiki.example.com/hung-instance,`
      + ` of up to ${LONGEST_RUNBOOK_URL} characters.`);
  }
}
