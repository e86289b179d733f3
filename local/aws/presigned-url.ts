import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from './aws-error';

export interface PresignedRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

const denied = (message: string) => new AwsError('AccessDenied', message, 403);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The access key of a presigned URL; undefined for another one. */
export function presignedBy(url: string): string | undefined {
  return new URL(url, 'http://localhost').searchParams.get('X-Amz-Credential')?.split('/')[0];
}

/**
 * Checks a presigned URL as S3 does: signature version 4 in the query.
 *
 * @param secret the secret key of the access key that it names
 * @param notBefore URLs that were signed before count as expired
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function checkPresigned({ method, url, headers }: PresignedRequest, secret: string, notBefore: number): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const of = (name: string) => searchParams.get(`X-Amz-${name}`) ?? '';
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(of('Date')) ?? [];
  const signed = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  if (of('Algorithm') !== 'AWS4-HMAC-SHA256' || Number.isNaN(signed) || !/^\d+$/.test(of('Expires'))) {
    throw new AwsError('AuthorizationQueryParametersError', 'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, '
      + 'X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.');
  }
  if (Date.now() > signed + Number(of('Expires')) * 1000 || signed < notBefore) throw denied('Request has expired');
  const names = of('SignedHeaders').split(';');
  const strange = Object.keys(headers).filter(name => name.startsWith('x-amz-') && !names.includes(name));
  if (strange.length > 0) throw denied(`There were headers present in the request which were not signed: ${strange.join(', ')}`);
  const [, date, region, service] = of('Credential').split('/');
  const encode = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...searchParams].filter(([name]) => name !== 'X-Amz-Signature').map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join('&');
  const canonical = [
    method, pathname, query, ...names.map(name => `${name}:${String(headers[name] ?? '').trim()}`), '', names.join(';'), 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', of('Date'), scope, sha256(canonical)].join('\n'));
  const given = Buffer.from(of('Signature'), 'hex');
  if (given.length !== signature.length || !timingSafeEqual(given, signature)) {
    throw new AwsError('SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.', 403);
  }
}
