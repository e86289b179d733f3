import { XMLBuilder } from 'fast-xml-parser';
import { AwsError } from '../aws-error';
import { WireCall, WireRequest } from './wire';

const xml = new XMLBuilder();

/** S3's REST, path-style: the action is told by the method and by what the query has. */
export function readS3(request: WireRequest): WireCall {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const [, bucket, ...key] = pathname.split('/');
  const has = (name: string) => searchParams.has(name);
  const actions: Record<string, string> = {
    GET: has('uploadId') ? 'ListParts' : key.join('') ? 'GetObject' : has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2',
    HEAD: key.join('') ? 'HeadObject' : 'HeadBucket',
    PUT: has('partNumber') ? 'UploadPart' : key.join('') ? 'PutObject' : 'CreateBucket',
    POST: has('uploads') ? 'CreateMultipartUpload' : has('uploadId') ? 'CompleteMultipartUpload' : 'PostObject',
    DELETE: has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject',
  };
  return {
    action: actions[request.method] ?? request.method,
    params: {
      Bucket: decodeURIComponent(bucket),
      Key: decodeURIComponent(key.join('/')),
      ...has('uploadId') && { UploadId: searchParams.get('uploadId') },
      ...has('partNumber') && { PartNumber: Number(searchParams.get('partNumber')) },
    },
    unknownAction: new AwsError('NotImplemented', '', 501),
    answer: () => { throw new Error('The answers of S3 are the emulator\'s.'); },
    fail: (error, requestId) => ({
      status: error.status,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
      body: request.method === 'HEAD' ? '' : '<?xml version="1.0" encoding="UTF-8"?>\n'
        + xml.build({ Error: { Code: error.code, Message: error.message, RequestId: requestId } }),
    }),
  };
}
