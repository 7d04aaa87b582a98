// What each TLS and SASL setting of Java's producer is, in a sentence. Part of PRODUCER_SETTINGS
// (config-table-security.ts), apart from it as the table says what is done, and this what it means.
// Text alone.

export const SECURITY_DOCS: Readonly<Record<string, string>> = {
  'ssl.protocol': 'The TLS context; ssl.enabled.protocols decides what is spoken.',
  'ssl.provider': "Java's security provider for TLS.",
  'ssl.cipher.suites':
    "Cipher suites that are offered, by OpenSSL's or the IANA's names; empty: the runtime's own.",
  'ssl.enabled.protocols': 'Versions of TLS that are offered.',
  'ssl.keystore.type': "Form of the client's own key and certificate: PEM, PKCS12 or JKS.",
  'ssl.keystore.location':
    "File with the client's own key and certificate, for brokers that ask for one.",
  'ssl.keystore.password': 'Password of the PKCS12 file that ssl.keystore.location names.',
  'ssl.key.password': "Password of the client's own private key.",
  'ssl.keystore.key': "The client's own private key, as PEM.",
  'ssl.keystore.certificate.chain': "The client's own certificate and those above it, as PEM.",
  'ssl.truststore.certificates': 'Certificates that brokers are held against, as PEM.',
  'ssl.truststore.type':
    'Form of the certificates that brokers are held against: PEM, PKCS12 or JKS.',
  'ssl.truststore.location': 'File with the certificates that brokers are held against.',
  'ssl.truststore.password': 'Password of the PKCS12 file that ssl.truststore.location names.',
  'ssl.keymanager.algorithm': "Java's algorithm for its own keys.",
  'ssl.trustmanager.algorithm': "Java's algorithm for trust.",
  'ssl.endpoint.identification.algorithm':
    "https: a broker's name must be in its certificate; empty: any name is taken.",
  'ssl.secure.random.implementation': "Java's source of random numbers for TLS.",
  'ssl.engine.factory.class': 'A Java class that makes TLS engines.',
  'sasl.mechanism': 'How to say who one is: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.',
  'sasl.jaas.config': 'Login module and its options, username and password among them.',
  'sasl.client.callback.handler.class': "A Java class that answers the mechanism's questions.",
  'sasl.login.callback.handler.class': 'A Java class that gets tokens or passwords.',
  'sasl.login.class': 'A Java class that logs in.',
  'sasl.login.connect.timeout.ms': 'How long connecting to the token endpoint may take.',
  'sasl.login.read.timeout.ms': 'How long the answer of the token endpoint may take.',
  'sasl.login.retry.backoff.ms': 'Wait before the token endpoint is asked again; doubles.',
  'sasl.login.retry.backoff.max.ms': 'Longest wait before the token endpoint is asked again.',
  'sasl.login.refresh.window.factor': "Share of a token's life after which a new one is got.",
  'sasl.login.refresh.window.jitter': "Random share of a token's life that is added to it.",
  'sasl.login.refresh.min.period.seconds': 'Shortest time between two tokens.',
  'sasl.login.refresh.buffer.seconds':
    'Time before a token ends, at which there should be a new one.',
  'sasl.kerberos.service.name': 'Name of the Kerberos service that brokers run as.',
  'sasl.kerberos.kinit.cmd': 'Path of kinit.',
  'sasl.kerberos.ticket.renew.window.factor':
    "Share of a Kerberos ticket's life after which it is renewed.",
  'sasl.kerberos.ticket.renew.jitter':
    "Random share of a Kerberos ticket's life that is added to it.",
  'sasl.kerberos.min.time.before.relogin': 'Shortest time between two logins to Kerberos.',
  'sasl.oauthbearer.jwt.retriever.class':
    'How a token is got: by client credentials, or from a file.',
  'sasl.oauthbearer.jwt.validator.class': 'How a token is checked before it is sent.',
  'sasl.oauthbearer.scope': 'Scope that the token endpoint is asked for.',
  'sasl.oauthbearer.client.credentials.client.id': 'Client id that the token endpoint knows.',
  'sasl.oauthbearer.client.credentials.client.secret': 'Secret of that client id.',
  'sasl.oauthbearer.assertion.algorithm': 'How an assertion is signed.',
  'sasl.oauthbearer.assertion.claim.aud': 'Audience of an assertion.',
  'sasl.oauthbearer.assertion.claim.exp.seconds': 'Life of an assertion, in seconds.',
  'sasl.oauthbearer.assertion.claim.iss': 'Issuer of an assertion.',
  'sasl.oauthbearer.assertion.claim.jti.include': 'Whether an assertion has an id of its own.',
  'sasl.oauthbearer.assertion.claim.nbf.seconds':
    'How far before now an assertion begins to hold, in seconds.',
  'sasl.oauthbearer.assertion.claim.sub': 'Subject of an assertion.',
  'sasl.oauthbearer.assertion.file': 'File that holds an assertion.',
  'sasl.oauthbearer.assertion.private.key.file': 'File with the private key that signs assertions.',
  'sasl.oauthbearer.assertion.private.key.passphrase': 'Passphrase of that private key.',
  'sasl.oauthbearer.assertion.template.file': "File with an assertion's header and claims.",
  'sasl.oauthbearer.scope.claim.name': 'Claim of a token that holds its scope.',
  'sasl.oauthbearer.sub.claim.name': 'Claim of a token that holds its subject.',
  'sasl.oauthbearer.token.endpoint.url':
    'URL of the token endpoint, or file:///path of a file that holds a token.',
  'sasl.oauthbearer.jwks.endpoint.url': 'Where brokers find the keys that sign tokens.',
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': 'How long brokers keep those keys.',
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms':
    'Wait before brokers ask for those keys again; doubles.',
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms':
    'Longest wait before brokers ask for those keys again.',
  'sasl.oauthbearer.clock.skew.seconds':
    'How far clocks may be apart when a token is checked, in seconds.',
  'sasl.oauthbearer.allow.unverified.audience': 'Whether brokers take tokens of any audience.',
  'sasl.oauthbearer.allow.unverified.issuer': 'Whether brokers take tokens of any issuer.',
  'sasl.oauthbearer.expected.audience': 'Audiences that brokers take.',
  'sasl.oauthbearer.expected.issuer': 'Issuer that brokers take.',
  'sasl.oauthbearer.header.urlencode':
    'Whether client id and secret are URL-encoded in the header (RFC 6749).',
};
