/**
 * Every instance in the Region that carries a tag, whoever made it: one association, one watch, no interrupt yet.
 *
 *     npx cdk deploy --app 'npx tsx examples/fleet-by-tag/app.ts'
 */
import { App } from 'aws-cdk-lib';
import { FleetByTagStack } from './fleet-by-tag-stack';

new FleetByTagStack(new App(), 'FleetByTag');
