/** What has been started, and how to end it again: in the reverse order, each once, also what is still about to start. */
export class Stage {
  readonly #closers: (() => Promise<void>)[] = [];
  #closing: Promise<void> | undefined;

  /** The end is arranged before the start: a start that is interrupted halfway is ended too. */
  async start<T>(open: () => Promise<T>, close: (opened: T) => Promise<void> | void): Promise<T> {
    if (this.#closing) throw new Error('it is being stopped');
    const opening = open();
    this.#closers.push(async () => {
      const opened = await opening.then(
        (value) => ({ value }),
        () => undefined,
      );
      if (opened) await close(opened.value);
    });
    return opening;
  }

  /** Goes on after an error, so that nothing stays behind. */
  stop(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    for (const close of this.#closers.reverse()) await close().catch(() => {});
  }
}
