// Loaded before a child's own program: a child whose parent is gone, however it went, ends as if it had been told to.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening alone must not keep it from coming to its own end.
process.channel?.unref();
