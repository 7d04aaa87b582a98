// What modules/msk-iam.mjs uses of Amazon's signer, so that it is checked without the package.
declare module 'aws-msk-iam-sasl-signer-js' {
  /** `expiryTime`: milliseconds since 1970. */
  export function generateAuthToken(options: {
    readonly region: string;
  }): Promise<{ readonly token: string; readonly expiryTime: number }>;
}
