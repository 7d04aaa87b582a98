// The further key/value pairs that OAUTHBEARER may send with a token (RFC 7628, KIP-342). Called by
// oauth-bearer for those of the JAAS options and by given-token for those that come with a token.

/** Whether Kafka's brokers would refuse it (OAuthBearerClientInitialResponse). */
export function extensionProblem(name: string, value: string): boolean {
  return !/^[A-Za-z]+$/.test(name) || name === 'auth' || !/^[\x21-\x7e \t\r\n]+$/.test(value);
}
