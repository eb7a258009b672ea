import Competition

extension WorkThread {
  /// Starts a thread named by what it is for.
  ///
  /// - Throws: `StorageError` of code `configuration` when the system gives none.
  static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(StorageError) -> WorkThread {
    do throws(ThreadError) {
      return try WorkThread(body)
    } catch {
      throw StorageError(
        .configuration, error.message, doing: "start the \(name) thread", hint: error.hint)
    }
  }
}
