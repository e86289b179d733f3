import { App, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { CrashDumpBucket, CrashDumpBucketProps } from '../../src';

function synthesise(props: (stack: Stack) => CrashDumpBucketProps = () => ({})): Template {
  const stack = new Stack(new App(), 'Test');
  new CrashDumpBucket(stack, 'Dumps', props(stack));
  return Template.fromStack(stack);
}

const hasBucket = (template: Template, properties: object) => template.hasResourceProperties('AWS::S3::Bucket', properties);

describe('by default', () => {
  const template = synthesise();

  test('is private, encrypted and owned by its account', () => {
    hasBucket(template, {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      ObjectLockEnabled: Match.absent(),
      VersioningConfiguration: Match.absent(),
      LoggingConfiguration: Match.absent(),
    });
  });

  test('is reached by TLS 1.2 or later alone', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
        ],
      },
    });
  });

  test('keeps a dump for 90 days, unfinished uploads for 7, and itself when the stack goes', () => {
    hasBucket(template, {
      LifecycleConfiguration: {
        Rules: [{ Status: 'Enabled', ExpirationInDays: 90, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
      },
    });
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });
});

test('encrypts with a key that is brought', () => {
  hasBucket(synthesise(stack => ({ encryptionKey: new Key(stack, 'Key') })), {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } },
      }],
    },
  });
});

test('keeps deleted versions for 30 days where it has versions', () => {
  hasBucket(synthesise(() => ({ versioned: true })), {
    VersioningConfiguration: { Status: 'Enabled' },
    LifecycleConfiguration: { Rules: [Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 30 } })] },
    ObjectLockEnabled: Match.absent(),
  });
});

test('locks dumps, and has versions for that', () => {
  hasBucket(synthesise(() => ({ retention: ObjectLockRetention.compliance(Duration.days(365)) })), {
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { Rule: { DefaultRetention: { Days: 365, Mode: 'COMPLIANCE' } } },
    VersioningConfiguration: { Status: 'Enabled' },
  });
});

test('takes what its owner decides', () => {
  const template = synthesise(stack => ({
    expiration: Duration.days(3650),
    serverAccessLogsBucket: Bucket.fromBucketName(stack, 'Logs', 'the-logs'),
    removalPolicy: RemovalPolicy.DESTROY,
  }));
  hasBucket(template, {
    LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 3650 })] },
    LoggingConfiguration: { DestinationBucketName: 'the-logs' },
  });
  template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
});

test.each([Duration.days(0), Duration.days(3651), Duration.hours(36)])('refuses an expiration of %s', expiration => {
  expect(() => synthesise(() => ({ expiration }))).toThrow(/CrashDumpBucket: expiration .* 1 to 3650 whole days/);
});

test('refuses an expiration that is not known at synth', () => {
  expect(() => synthesise(() => ({ expiration: Duration.days(Lazy.number({ produce: () => 30 })) }))).toThrow(/CrashDumpBucket: expiration is a token/);
});

test('refuses Object Lock without versions', () => {
  expect(() => synthesise(() => ({ versioned: false, retention: ObjectLockRetention.governance(Duration.days(1)) })))
    .toThrow(/versioned is false and retention is given/);
});
