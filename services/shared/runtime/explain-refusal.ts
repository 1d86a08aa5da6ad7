// Why a store does not let this process in, in a sentence that says what to do. A store that is merely away comes back by
// itself; one that refuses us goes on until a person changes something, so that is told apart, and in clear words.
// The clients hide what the server or TLS said in causes of their errors, each in its own way.

interface Refusal {
  /** Of an error's code, name and message, joined by spaces. */
  readonly pattern: RegExp
  readonly sentence: string
}

const refusals: readonly Refusal[] = [
  {
    pattern:
      /\b(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)\b/,
    sentence:
      'Its certificate is from an authority that is not trusted here: NODE_EXTRA_CA_CERTS must name a PEM file with that authority.',
  },
  {
    pattern: /\bERR_TLS_CERT_ALTNAME_INVALID\b/,
    sentence:
      'Its certificate is for other names than the one that it is reached by: use one of those, or a certificate with this one.',
  },
  { pattern: /\bCERT_HAS_EXPIRED\b/, sentence: 'Its certificate has expired: renew it.' },
  { pattern: /\bCERT_NOT_YET_VALID\b/, sentence: 'Its certificate is not valid yet: look at the clocks.' },
  {
    pattern: /\b28P01\b|\bWRONGPASS\b|KafkaJSSASLAuthenticationError.*authentication failed/i,
    sentence: 'It does not take the user name or the password.',
  },
  {
    pattern: /mechanism is not supported by the server/,
    sentence: 'It does not know this mechanism: set another KONSTRUCT_KAFKA_SASL_MECHANISM.',
  },
  {
    pattern: /\b28000\b/,
    sentence:
      'Its pg_hba.conf does not let this user in; where it asks for TLS, add ?sslmode=verify-full to the URL.',
  },
  { pattern: /\bNOAUTH\b/, sentence: 'It asks for a password: put user and password into the URL.' },
  { pattern: /\bNOPERM\b/, sentence: 'Its access list does not let this user do what is needed.' },
  {
    pattern: /server does not support SSL|\bERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)\b/,
    sentence: 'It does not speak TLS here: use its TLS port, or connect without TLS.',
  },
  {
    pattern: /ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA)\b/i,
    sentence:
      'It asks for a certificate of ours that it trusts: set KONSTRUCT_KAFKA_CERT_FILE and KONSTRUCT_KAFKA_KEY_FILE.',
  },
]

interface Caused extends Error {
  readonly code?: string | number
  /** Where Sequelize keeps what pg said. */
  readonly parent?: unknown
}

const describe = ({ code, name, message }: Caused): string => `${code ?? ''} ${name} ${message}`

const reasonsOf = (thrown: unknown, depth = 0): readonly string[] => {
  if (!(thrown instanceof Error) || depth > 5) return []
  const { cause, parent } = thrown as Caused
  return [describe(thrown), ...[cause, parent].flatMap((inner) => reasonsOf(inner, depth + 1))]
}

/** Undefined: it is away, or busy, and may answer later. */
export const explainRefusal = (thrown: unknown): string | undefined => {
  const reasons = reasonsOf(thrown)
  return refusals.find(({ pattern }) => reasons.some((reason) => pattern.test(reason)))?.sentence
}
