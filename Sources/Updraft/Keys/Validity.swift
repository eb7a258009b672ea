import Competition

/// How much is left of the life of a certificate or a delegation.
struct Validity {
  let from: UTCTime?
  let to: UTCTime?
  let now: UTCTime

  /// How long before its end something is warned about: a month for what takes other people.
  static let warningTime: Duration = .seconds(30 * 86_400)

  var isEarly: Bool { from.map { $0 > now } ?? false }
  var isOver: Bool { to.map { $0 <= now } ?? false }
  var endsSoon: Bool { to.map { !isOver && $0.since(now) <= Self.warningTime } ?? false }

  /// `from … to … (364 days left)`.
  var text: String {
    let start = from.map { "from \($0.iso8601)Z " } ?? ""
    guard let to else { return start + "for ever" }
    return "\(start)to \(to.iso8601)Z (\(left(to)))"
  }

  private func left(_ to: UTCTime) -> String {
    if isEarly { return "NOT YET VALID" }
    if isOver { return "ENDED" }
    // A day that has begun counts.
    let days = (to.since(now).components.seconds + 86_399) / 86_400
    return days == 1 ? "1 day left" : "\(days) days left"
  }
}
