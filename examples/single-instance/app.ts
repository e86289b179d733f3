/**
 * One instance that leaves a crash dump when it hangs.
 *
 *     npx cdk deploy --app 'npx tsx examples/single-instance/app.ts'
 */
import { App } from 'aws-cdk-lib';
import { SingleInstanceStack } from './single-instance-stack';

new SingleInstanceStack(new App(), 'SingleInstance');
