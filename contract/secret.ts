const masked = '[secret]';

/**
 * A plaintext that cannot be printed, serialised or logged by accident: every implicit conversion gives `[secret]`.
 * The value is taken out on purpose, with {@link Secret.reveal}, and only where it is used.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return masked;
  }

  toJSON(): string {
    return masked;
  }

  [Symbol.toPrimitive](): string {
    return masked;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return masked;
  }
}

/**
 * The value of one key, by field: `{ user, password }` for a login, `{ accessKeyId, secretAccessKey }` at AWS,
 * `{ value }` for a stored value. Every field is a Secret, also those that are not secret by themselves.
 */
export type KeyValue = Readonly<Record<string, Secret>>;
