import DequeModule

/// Lets so many models start at once; the others wait in line.
public final class StartGate {
  /// A place in the line; held while starting.
  public final class Pass {
    fileprivate var go: (() -> Void)?
    fileprivate var holdsPlace = false
  }

  private let placesMax: Int
  private var placesTaken = 0
  private var line: Deque<Pass> = []
  private var isAdmitting = false

  /// Creates a gate with `placesMax` places.
  public init(placesMax: Int) { self.placesMax = placesMax }

  /// Calls `go` when there is a place: at once or later.
  public func enter(_ go: @escaping () -> Void) -> Pass {
    let pass = Pass()
    if placesTaken < placesMax {
      placesTaken += 1
      pass.holdsPlace = true
      go()
    } else {
      pass.go = go
      line.append(pass)
    }
    return pass
  }

  /// Gives the place, or the place in line, up. Safe to call again.
  public func leave(_ pass: Pass) {
    if pass.holdsPlace {
      pass.holdsPlace = false
      placesTaken -= 1
      admit()
    } else if pass.go != nil {
      pass.go = nil
      line.removeAll { $0 === pass }
    }
  }

  /// Admits in a loop, not in a chain of calls: one that is admitted may leave at once.
  private func admit() {
    guard !isAdmitting else { return }
    isAdmitting = true
    defer { isAdmitting = false }
    while placesTaken < placesMax, let pass = line.popFirst() {
      placesTaken += 1
      pass.holdsPlace = true
      let go = pass.go
      pass.go = nil
      go?()
    }
  }
}
