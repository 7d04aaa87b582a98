// Who keeps secrets out of texts, for a whole thread: told of each secret as it comes to be known,
// and given foreign text before it becomes part of an error. The core has none of its own; an
// application that prints or saves errors sets one before it connects.

export interface SecretKeeper {
  /** From now on this must stand in no text. */
  note(secret: string): void;
  /** The text of a broker or an endpoint, without any secret. */
  without(text: string): string;
}

let keeper: SecretKeeper = { note: () => undefined, without: (text) => text };

/** For this thread, from now on. */
export function keepSecrets(by: SecretKeeper): void {
  keeper = by;
}

export const noteSecret = (secret: string): void => keeper.note(secret);

/** For words of brokers and endpoints, before anything else is done with them. */
export const withoutSecrets = (text: string): string => keeper.without(text);

/** A JWT (its head begins with `{"`), or a signed URL in base64, as Amazon's tokens are. */
const TOKEN_LIKE = /\b(?:eyJ|aHR0cHM6Ly9)[\w-]{8,}(?:\.[\w-]*)*/g;

/** For words of whoever makes tokens: they may quote one that nobody has been told of yet. */
export const withoutTokens = (text: string): string =>
  withoutSecrets(text).replaceAll(TOKEN_LIKE, '[hidden]');
