// Tokens for Amazon MSK with IAM, as `sasl.login.callback.handler.class` names a module of one's
// own. Needs Amazon's signer beside this file (`npm install aws-msk-iam-sasl-signer-js`);
// credentials come from where the AWS SDK finds them (environment, profile, role of the machine).
// In a sweep's YAML:
//
//   target:
//     bootstrap: ["b-1.mycluster.kafka.eu-west-1.amazonaws.com:9098"]
//     security:
//       security.protocol: SASL_SSL
//       sasl.mechanism: OAUTHBEARER
//       sasl.login.callback.handler.class: ./msk-iam.mjs
// @ts-check
import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';

/** @type {import('kbench/producer-core').TokenProvider['token']} */
export default async function mskToken() {
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  if (region === undefined) throw new Error('set AWS_REGION to the region of the cluster');
  const { token, expiryTime } = await generateAuthToken({ region });
  return { token, lifetimeMs: expiryTime };
}
