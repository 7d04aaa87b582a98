// What went wrong in TLS, in words that name the remedy: from Node's and OpenSSL's error codes.
// Called by the TLS network; read by connections (which make an AuthenticationError of it, as Java
// does) and by kbench's probe.
import type { PeerCertificate } from 'node:tls';

export type TlsFailureKind =
  | 'untrusted'
  | 'expired'
  | 'host-name'
  | 'certificate'
  | 'client-certificate'
  | 'not-tls'
  | 'versions'
  | 'refused';

/**
 * TLS did not come about, and another try would not help. The message leaves the address out: the
 * caller names it.
 */
export class TlsFailure extends Error {
  override name = 'TlsFailure';
  constructor(
    readonly kind: TlsFailureKind,
    message: string,
  ) {
    super(message);
  }
}

type TlsError = NodeJS.ErrnoException & { readonly host?: string; readonly cert?: PeerCertificate };

/** Node's codes for a chain that ends in nobody known. */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);
/** OpenSSL's reasons for a certificate, as Node gives them (X509_V_ERR_*). */
const CERTIFICATE = new Set([
  'CERT_SIGNATURE_FAILURE',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
]);
const NOT_TLS =
  /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE/;

/**
 * Null where the error is of the network and not of TLS. `ownCertificate`: the client has one to
 * show.
 */
export function tlsFailureOf(error: Error, ownCertificate: boolean): TlsFailure | null {
  const { code = '', host, cert } = error as TlsError;
  if (UNTRUSTED.has(code)) {
    return new TlsFailure(
      'untrusted',
      `the broker’s certificate is signed by an authority that is not trusted (${code}); ` +
        'set ssl.truststore.location to the certificate of the authority that signed it',
    );
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new TlsFailure(
      'expired',
      `the broker’s certificate, or one that signed it, ${when} (${code}); check the clocks too`,
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new TlsFailure(
      'host-name',
      `the broker’s certificate is not for the host ${host ?? ''}: it names ${namesOf(cert)}; ` +
        'connect by one of these names, or set ssl.endpoint.identification.algorithm to "" ' +
        'to accept any',
    );
  }
  if (CERTIFICATE.has(code))
    return new TlsFailure(
      'certificate',
      `the broker’s certificate is refused: ${error.message} (${code})`,
    );
  if (!code.startsWith('ERR_SSL_') && code !== 'EPROTO') return null;
  return alertFailure(
    code === 'EPROTO' ? error.message.toUpperCase().replaceAll(/[ /]/g, '_') : code,
    ownCertificate,
  );
}

/** What the broker said in an alert, or what it sent instead of TLS. */
function alertFailure(code: string, ownCertificate: boolean): TlsFailure {
  if (NOT_TLS.test(code)) {
    return new TlsFailure(
      'not-tls',
      'the port does not speak TLS; give the address of a TLS listener, ' +
        'or set security.protocol to PLAINTEXT or SASL_PLAINTEXT',
    );
  }
  if (/ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_(?:REQUIRED|UNKNOWN|EXPIRED)|UNKNOWN_CA)/.test(code)) {
    return new TlsFailure(
      'client-certificate',
      ownCertificate
        ? `the broker refuses this client’s certificate (${code}): ` +
            'ssl.keystore.location must hold one that it trusts'
        : `the broker wants a certificate of this client (${code}): set ssl.keystore.location`,
    );
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE/.test(code)) {
    return new TlsFailure(
      'versions',
      `the broker speaks none of the TLS versions of ssl.enabled.protocols (${code})`,
    );
  }
  if (/ALERT_HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_CIPHERS/.test(code)) {
    return new TlsFailure(
      'versions',
      `the broker ended the TLS handshake (${code}): ` +
        'often no cipher suite in common (ssl.cipher.suites)' +
        (ownCertificate
          ? ''
          : ', or it wants a certificate of this client (ssl.keystore.location)'),
    );
  }
  return new TlsFailure('refused', `TLS failed (${code})`);
}

/** The host names and addresses that a certificate is for. */
function namesOf(cert: PeerCertificate | undefined): string {
  const names = (cert?.subjectaltname ?? '')
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '');
  if (names.length > 0) return names.join(', ');
  const common = cert?.subject as { readonly CN?: string } | undefined;
  return common?.CN ?? 'no host';
}
