internal import Competition
import DequeModule
internal import EventLoop

/// Lets a limited number of connections be opened at once, first come, first served.
///
/// A place is held until the connection stands or fails, and for 250 ms at most: black holes among
/// the models must not hold everybody else up.
final class ConnectGate {
  private static let holdMax = Duration.milliseconds(250)

  let placesMax: Int
  private var queue: Deque<ModelLink> = []
  private var holders: [ObjectIdentifier: MonotonicInstant] = [:]
  private var timer: LoopTimer?
  private let loop: Loop
  private var isAdmitting = false

  init(placesMax: Int, on loop: Loop) {
    self.placesMax = placesMax
    self.loop = loop
  }

  /// How many links hold a place.
  var heldCount: Int { holders.count }

  /// Queues a link; its `connect()` is called when its turn comes.
  func enter(_ link: ModelLink) {
    queue.append(link)
    admit()
  }

  /// Gives a link's place back, if it holds one.
  func leave(_ link: ModelLink) {
    guard holders.removeValue(forKey: ObjectIdentifier(link)) != nil else { return }
    admit()
  }

  /// Ends the gate; nobody waits any more.
  func close() {
    queue.removeAll()
    holders.removeAll()
    timer?.close()
    timer = nil
  }

  private func admit() {
    // An attempt that fails at once gives its place back from inside: the loop below goes on.
    guard !isAdmitting else { return }
    isAdmitting = true
    defer { isAdmitting = false }
    while holders.count < placesMax, let link = queue.popFirst() {
      guard link.state == .waiting else { continue }
      holders[ObjectIdentifier(link)] = .now()
      link.connect()
    }
    guard !queue.isEmpty else { return }
    if timer == nil { timer = LoopTimer(on: loop) { [weak self] in self?.releaseStale() } }
    timer?.arm(after: Self.holdMax)
  }

  private func releaseStale() {
    let limit = MonotonicInstant.now().advanced(by: .zero - Self.holdMax)
    holders = holders.filter { $0.value > limit }
    admit()
  }
}
