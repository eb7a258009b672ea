internal import Competition
import DequeModule

/// Lets a limited number of health checks run at once on a loop, first come, first served: each is
/// a second connection, and a thousand models may fall ill together.
final class HealthGate {
  private var queue: Deque<ModelLink> = []
  private var runningCount = 0

  /// Queues a link; its `startHealthCheck()` is called when its turn comes, perhaps at once.
  func enter(_ link: ModelLink) {
    queue.append(link)
    admit()
  }

  /// Gives the place of a check back that has ended, or was given up while it ran.
  func leave() {
    runningCount -= 1
    admit()
  }

  /// Ends the gate; nobody waits any more.
  func close() { queue.removeAll() }

  private func admit() {
    while runningCount < Limits.healthChecksMax, let link = queue.popFirst() {
      if link.startHealthCheck() { runningCount += 1 }
    }
  }
}
