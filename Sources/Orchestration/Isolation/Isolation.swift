/// How far a model is kept from the machine and from other models.
public enum Isolation: String, Hashable, Sendable, CaseIterable {
  /// It has the rights of the user that it runs as, and no limits.
  case none
  /// It has limits: memory, files, processes, CPU time, file size, log size.
  case limits
  /// Besides, it sees a read-only file system without other submissions, homes and sockets, and no
  /// other processes (bubblewrap).
  case bubblewrap

  /// `none, limits, bubblewrap`.
  static let choices = allCases.map(\.rawValue).joined(separator: ", ")
}
