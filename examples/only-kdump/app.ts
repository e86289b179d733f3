/**
 * Instances that write a crash dump when their kernel panics. Nothing is watched and nothing is interrupted.
 *
 *     npx cdk deploy --app 'npx tsx examples/only-kdump/app.ts'
 */
import { App } from 'aws-cdk-lib';
import { OnlyKdumpStack } from './only-kdump-stack';

new OnlyKdumpStack(new App(), 'OnlyKdump');
