/** What is done at the end of the process, however it comes: a library ends it at a signal, too. One listener for all. */
export const atExit = new Set<() => void>();

process.once('exit', () => {
  for (const act of atExit) act();
});
