import Competition

/// Runs blocking work on a thread of its own, so that it holds up no other task.
public func runBlocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
  var thread: WorkThread?
  let value = await withCheckedContinuation { done in
    do throws(ThreadError) {
      thread = try WorkThread { done.resume(returning: body()) }
    } catch {
      // Without a thread to spare the work is done here.
      done.resume(returning: body())
    }
  }
  await thread?.join()
  return value
}
